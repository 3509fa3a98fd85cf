/// An alert began to fire or ceased.
public struct AlertChange: Codable, Hashable, Sendable {
    public enum State: String, Codable, Hashable, Sendable {
        case firing
        case resolved
    }

    /// A rule of Brink's or of the scenario by its id; an alert of a Prometheus on trial as `prometheus/NAME`.
    public var rule: String
    public var state: State
    /// Of the metric that the rule looks at, or what Prometheus says.
    public var value: Double
    /// The rule in words.
    public var detail: String

    public init(rule: String, state: State, value: Double, detail: String) {
        self.rule = rule
        self.state = state
        self.value = value
        self.detail = detail
    }
}
