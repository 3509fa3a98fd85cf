/// A fault of a scenario: which one, on what, when and for how long.
public struct FaultSpecification: Hashable, Sendable {
    /// When the fault is due.
    public enum Trigger: Hashable, Sendable {
        /// After the start of the run phase.
        case at(Duration)
        /// As soon as the condition holds in the run phase.
        case when(Condition)
        /// As soon as another fault of the run phase is over and, where there is a steady state, has been recovered from.
        case after(String)
    }

    /// Unique in the scenario.
    public var id: String
    /// Name of the kind, for example `memory.high`.
    public var name: String
    /// Id of a target.
    public var target: String
    public var trigger: Trigger
    /// From the injection to the undo: zero for what happens at one moment; nil for those that last until the run phase
    /// ends.
    public var duration: Duration?
    public var parameters: Parameters

    public init(
        id: String, name: String, target: String, trigger: Trigger, duration: Duration?, parameters: Parameters
    ) {
        self.id = id
        self.name = name
        self.target = target
        self.trigger = trigger
        self.duration = duration
        self.parameters = parameters
    }
}

extension FaultSpecification {
    /// When and for how long, in words.
    public var schedule: String {
        let start =
            switch trigger {
            case .at(let offset): "at \(offset.short)"
            case .when(let condition): "when \(condition.text)"
            case .after(let other): "after \(other)"
            }
        guard let duration, duration > .zero else { return start }
        return "\(start) for \(duration.short)"
    }
}
