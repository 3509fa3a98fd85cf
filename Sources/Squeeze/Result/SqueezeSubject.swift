/// What is squeezed, and what it has to live up to.
public struct SqueezeSubject: Codable, Hashable, Sendable {
    /// The unit of a knob's values.
    public enum Unit: String, Codable, Hashable, Sendable, CaseIterable {
        case bytes
        /// CPUs: 0.2 is a fifth of one.
        case cpus
        case count
        case bytesPerSecond
    }

    public var target: String
    /// The knob's name on the command line, such as `memory`.
    public var knob: String
    /// The fault that turns it, such as `memory.high`.
    public var fault: String
    public var unit: Unit
    /// The objective as it was written.
    public var objective: String

    public init(target: String, knob: String, fault: String, unit: Unit, objective: String) {
        self.target = target
        self.knob = knob
        self.fault = fault
        self.unit = unit
        self.objective = objective
    }
}
