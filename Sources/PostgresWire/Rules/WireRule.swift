/// When to do what to a connection: which message of whose session, and what becomes of it.
///
/// A message is tried against the rules in their order. Delays add up; the first rule that does anything else ends the
/// search, and rules after it don't count the message.
public struct WireRule: Hashable, Sendable {
    /// Identifies the rule in what is reported; counters are kept by it when rules are replaced. Of rules with one name
    /// the first is followed.
    public let name: String
    public let trigger: Trigger
    public let action: Action
    public let filter: WireFilter
    /// Acts on each `every`-th match on a connection, 1 or more.
    public let every: Int
    /// The share of those matches on which it does act, 0…1, drawn from the conversation's seed and the rule's name.
    public let probability: Double
    /// Acts once on a connection, then never again.
    public let once: Bool

    /// - Throws: what would make a rule that can't be followed.
    public init(
        name: String, trigger: Trigger, action: Action, filter: WireFilter = WireFilter(), every: Int = 1,
        probability: Double = 1, once: Bool = false
    ) throws(WireRuleProblem) {
        guard !name.isEmpty else { throw .noName }
        if case .dataRow(let row) = trigger, row < 1 { throw .badRow(row) }
        switch action {
        case .delay(let nanoseconds):
            guard WireRule.delays.contains(nanoseconds) else { throw .badDelay(nanoseconds) }
        case .error(let sqlState, let message):
            guard trigger.takesError else { throw .errorFromServer(trigger) }
            guard ErrorResponse.isSQLState(sqlState) else { throw .badSQLState(sqlState) }
            guard !message.utf8.contains(0) else { throw .zeroByte }
            guard filter.transaction != .failed || !action.isPassingError else { throw .errorInFailedTransaction }
        case .cut, .swallow: break
        }
        guard every >= 1 else { throw .badEvery(every) }
        guard (0...1).contains(probability) else { throw .badProbability(probability) }
        self.name = name
        self.trigger = trigger
        self.action = action
        self.filter = filter
        self.every = every
        self.probability = probability
        self.once = once
    }

    /// Nanoseconds: up to a day.
    static let delays: ClosedRange<Int64> = 0...86_400_000_000_000
}
