import CLibPQ

/// Where a session stands between statements, as the server said after the last one.
public enum PostgresTransactionStatus: Sendable, Equatable {
    /// Not in a transaction block.
    case idle
    /// In a transaction block.
    case inTransaction
    /// In a transaction block that failed; only a rollback is accepted.
    case failed
    /// A statement is running.
    case active
    /// The connection is broken or closed.
    case unknown

    init(_ status: PGTransactionStatusType) {
        switch status {
        case PQTRANS_IDLE: self = .idle
        case PQTRANS_INTRANS: self = .inTransaction
        case PQTRANS_INERROR: self = .failed
        case PQTRANS_ACTIVE: self = .active
        default: self = .unknown
        }
    }
}
