import Events

/// The times in which an alert is right.
public struct Incidents: Sendable {
    private struct Span {
        var faults: [String]
        var start: Double
        var end: Double
    }

    private let spans: [Span]
    /// When the steady state was seen not to hold; nil where there is none.
    private let broken: [Double]?

    /// An alert looks back over some seconds, so it may come just after a short fault's end.
    public static let grace = 5.0

    /// How long a fault was there.
    public struct FaultTime: Hashable, Sendable {
        public var id: String
        /// When it was due: a server that is restarted is away before all of that is done.
        public var due: Double
        /// Of its end; nil while it lasts.
        public var ended: Double?
        /// Seconds after its end until the steady state held again; nil when that is not known.
        public var recovery: Double?

        public init(id: String, due: Double, ended: Double? = nil, recovery: Double? = nil) {
            self.id = id
            self.due = due
            self.ended = ended
            self.recovery = recovery
        }
    }

    /// - Parameter broken: ends of the windows in which the steady state did not hold; nil where there is none.
    public init(_ faults: [FaultTime], broken: [Double]? = nil) {
        self.broken = broken
        var spans: [Span] = []
        for fault in faults.sorted(by: { ($0.due, $0.id) < ($1.due, $1.id) }) {
            let end = fault.ended.map { $0 + max(fault.recovery ?? 0, Incidents.grace) } ?? .infinity
            if let last = spans.last, fault.due <= last.end {
                spans[spans.count - 1].faults.append(fault.id)
                spans[spans.count - 1].end = max(last.end, end)
            } else {
                spans.append(Span(faults: [fault.id], start: fault.due, end: end))
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
                    faults: span.faults, delay: alerts.filter { within($0, span) }.min().map { $0 - span.start },
                    isFelt: broken.map { times in times.contains { within($0, span) } })
            },
            rightAlerts: right, falseAlarms: alerts.count - right)
    }
}
