/// Which alerts are on trial in a run: each fault's time is the truth that they are measured by.
public struct Alerting: Hashable, Sendable {
    /// Brink's own rules too.
    public var usesBuiltIn: Bool
    public var rules: [AlertRule]
    public var prometheus: Prometheus?

    /// A Prometheus whose own alerts are looked at, and never changed.
    public struct Prometheus: Hashable, Sendable {
        /// `http://HOST:PORT`, without a path.
        public var url: String
        /// From one look to the next.
        public var every: Duration
        /// These alerts alone, by name; all when it is empty.
        public var alerts: [String]

        public init(url: String, every: Duration, alerts: [String]) {
            self.url = url
            self.every = every
            self.alerts = alerts
        }
    }

    public init(usesBuiltIn: Bool = true, rules: [AlertRule] = [], prometheus: Prometheus? = nil) {
        self.usesBuiltIn = usesBuiltIn
        self.rules = rules
        self.prometheus = prometheus
    }
}
