/// The isolation levels that a history is judged by, weakest first.
///
/// PostgreSQL's own three (documentation, "Transaction Isolation"), and what an observer with a clock expects on top.
public enum IsolationLevel: String, CaseIterable, Comparable, Sendable {
    /// PL-2 (Adya 1999, 3.2): no dirty write, no dirty, aborted or intermediate read, no circular information flow.
    case readCommitted = "read-committed"
    /// Snapshot isolation, which is what PostgreSQL gives under this name. Write skew is allowed.
    case repeatableRead = "repeatable-read"
    /// PL-3: as if the transactions had run one after the other, in some order.
    case serializable
    /// The same, and in an order that agrees with real time.
    case strictSerializable = "strict-serializable"

    /// What `BEGIN ISOLATION LEVEL` takes. PostgreSQL has no name for strict serializability.
    public var sql: String {
        switch self {
        case .readCommitted: "READ COMMITTED"
        case .repeatableRead: "REPEATABLE READ"
        case .serializable, .strictSerializable: "SERIALIZABLE"
        }
    }

    public static func < (left: IsolationLevel, right: IsolationLevel) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .readCommitted: 0
        case .repeatableRead: 1
        case .serializable: 2
        case .strictSerializable: 3
        }
    }
}
