import Postgres

/// What happened during a workload, apart from what it found.
public struct WorkloadTally: Sendable {
    public internal(set) var committed = 0
    public internal(set) var aborted = 0
    public internal(set) var unknown = 0
    /// Connections made after the first of each client.
    public internal(set) var reconnects = 0
    /// Failed statements and connection attempts by SQLSTATE, or by the error's kind where there is none.
    public internal(set) var errors: [String: Int] = [:]
    /// Why the last read failed; without it appends may have been lost unseen.
    public internal(set) var lastReadFailure: PostgresError?
    /// Why the tables could not be dropped: ``WorkloadSchema/drop(_:)`` does it later.
    public internal(set) var cleanUpFailure: PostgresError?

    mutating func add(_ other: WorkloadTally) {
        committed += other.committed
        aborted += other.aborted
        unknown += other.unknown
        reconnects += other.reconnects
        errors.merge(other.errors, uniquingKeysWith: +)
    }

    /// Takes in what came of the last read and of the clean-up.
    mutating func close(with last: WorkloadTally) {
        errors.merge(last.errors, uniquingKeysWith: +)
        lastReadFailure = last.lastReadFailure
        cleanUpFailure = last.cleanUpFailure
    }

    mutating func note(_ error: PostgresError) {
        errors[error.sqlState ?? error.kind.name, default: 0] += 1
    }
}
