import Consistency

/// What two transactions can do to each other: the phenomena of the SQL standard and of Berenson et al., "A Critique of
/// ANSI SQL Isolation Levels" (SIGMOD 1995).
public enum Phenomenon: String, CaseIterable, Sendable {
    case dirtyRead = "dirty-read"
    case nonRepeatableRead = "non-repeatable-read"
    case phantom
    case lostUpdate = "lost-update"
    case writeSkew = "write-skew"

    /// The weakest level that forbids it, in PostgreSQL's reading of the levels (documentation, table "Transaction
    /// Isolation Levels"): its repeatable read is snapshot isolation, which has no phantoms.
    public var forbiddenFrom: IsolationLevel {
        switch self {
        case .dirtyRead: .readCommitted
        case .nonRepeatableRead, .phantom, .lostUpdate: .repeatableRead
        case .writeSkew: .serializable
        }
    }
}
