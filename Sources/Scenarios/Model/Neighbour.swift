/// Something that must not suffer from a run: the CI's agent, sshd, a sibling service. It is only watched, never touched,
/// and a run that drives it over its limit is aborted and undone at once.
public struct Neighbour: Hashable, Sendable {
    public var id: String
    /// Where it runs: what its pressure and OOM kills are read from.
    public var place: Target.Kind?
    /// Asked ten times a second for its latency.
    public var url: String?
    /// What must go on holding, over the neighbour's own metrics or any others.
    public var limit: Condition

    /// The limit as a reason to stop.
    public var abort: Scenario.AbortCondition {
        Scenario.AbortCondition(
            condition: Condition(expression: .not(limit.expression), sustained: limit.sustained, text: limit.text),
            neighbour: id)
    }
}
