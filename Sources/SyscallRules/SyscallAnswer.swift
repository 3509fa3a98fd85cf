/// What to do with one call.
public struct SyscallAnswer: Hashable, Sendable {
    public var outcome: SyscallRule.Outcome
    /// How long to let the caller wait first.
    public var delay: Duration
    /// Id of the switched-on rules that ask for it; nil when none does.
    public var source: String?

    /// Made as if there were no filter.
    public static let proceed = SyscallAnswer(outcome: .proceed, delay: .zero, source: nil)
}
