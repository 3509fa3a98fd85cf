import Consistency
import Postgres

extension TransactionOutcome {
    /// What a `COMMIT` that was answered means: of a failed transaction the answer is `ROLLBACK` (PostgreSQL
    /// documentation, COMMIT).
    init(answer rows: PostgresRows) {
        self = rows.commandTag == "COMMIT" ? .committed : .aborted
    }

    /// What a `COMMIT` that failed means. Surely not committed are serialization failures, deadlocks and violated
    /// constraints (SQLSTATE classes 40 and 23); class 40 has one exception, 40003, which says that it does not know.
    init(failure error: PostgresError) {
        switch error.kind {
        case .server(let state) where state.hasPrefix("23"): self = .aborted
        case .server(let state) where state.hasPrefix("40") && state != "40003": self = .aborted
        default: self = .unknown
        }
    }
}
