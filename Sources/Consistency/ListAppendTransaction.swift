/// A transaction on lists, as its client saw it.
///
/// Of all registers a list that only grows tells the most: every read names the whole order of the writes before it
/// (Kingsbury & Alvaro, "Elle", VLDB 2020, 3).
public struct ListAppendTransaction: Hashable, Sendable {
    public enum Operation: Hashable, Sendable {
        /// Each element is appended to its key at most once in a history.
        case append(key: Int, element: Int)
        case read(key: Int, elements: [Int])
    }

    /// Unique in a history.
    public let id: Int
    /// Nanoseconds of one monotonic clock, before the transaction was sent.
    public let invoked: Int64
    /// Nanoseconds of the same clock, after its outcome was known.
    public let completed: Int64
    public let outcome: TransactionOutcome
    /// In the order in which they were done; those that failed are left out.
    public let operations: [Operation]

    public init(id: Int, invoked: Int64, completed: Int64, outcome: TransactionOutcome, operations: [Operation]) {
        self.id = id
        self.invoked = invoked
        self.completed = completed
        self.outcome = outcome
        self.operations = operations
    }
}
