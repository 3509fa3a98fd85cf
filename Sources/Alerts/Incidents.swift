import Events

/// The times in which an alert is right.
public struct Incidents: Sendable {
    private struct Span {
        var faults: [String]
        var start: Double
        var end: Double
    }

    private let spans: [Span]

    /// An alert looks back over some seconds, so it may come just after a short fault's end.
    public static let grace = 5.0

    /// How long a fault was there.
    public struct FaultTime: Hashable, Sendable {
        public var id: String
        public var injected: Double
        /// Of its end; nil while it lasts.
        public var ended: Double?
        /// Seconds after its end until the steady state held again; nil when that is not known.
        public var recovery: Double?

        public init(id: String, injected: Double, ended: Double? = nil, recovery: Double? = nil) {
            self.id = id
            self.injected = injected
            self.ended = ended
            self.recovery = recovery
        }
    }

    public init(_ faults: [FaultTime]) {
        var spans: [Span] = []
        for fault in faults.sorted(by: { ($0.injected, $0.id) < ($1.injected, $1.id) }) {
            let end = fault.ended.map { $0 + max(fault.recovery ?? 0, Incidents.grace) } ?? .infinity
            if let last = spans.last, fault.injected <= last.end {
                spans[spans.count - 1].faults.append(fault.id)
                spans[spans.count - 1].end = max(last.end, end)
            } else {
                spans.append(Span(faults: [fault.id], start: fault.injected, end: end))
            }
        }
        self.spans = spans
    }

    /// - Parameters:
    ///   - alerts: when they began to fire, in seconds.
    ///   - begin: of the baseline; what fired while services were starting is no alarm.
    public func score(_ rule: String, _ text: String, alerts: [Double], from begin: Double) -> DetectionScore {
        let alerts = alerts.filter { $0 >= begin }
        let within = { (time: Double, span: Span) in time >= span.start && time <= span.end }
        let right = alerts.count { time in spans.contains { within(time, $0) } }
        return DetectionScore(
            rule: rule, text: text,
            incidents: spans.map { span in
                DetectionScore.Incident(
                    faults: span.faults, delay: alerts.filter { within($0, span) }.min().map { $0 - span.start })
            },
            rightAlerts: right, falseAlarms: alerts.count - right)
    }
}
