import Postgres

/// A connection in the hands of one caller, who must check it in again.
struct PoolLease: Sendable {
    let connection: PoolStateMachine.ConnectionID
    let session: PostgresSession
}
