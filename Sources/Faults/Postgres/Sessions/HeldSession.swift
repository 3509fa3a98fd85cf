import Postgres

/// What one session of Brink's own does on a target's server while a fault lasts.
struct HeldSession: Sendable {
    /// What it does once its script has run.
    enum Work: Sendable {
        /// Nothing: the script left it in the state that is the fault.
        case rest
        /// One statement that is meant to wait, or to go on, until the session is closed.
        case lasting(String)
        /// The body again and again, with a pause between. What it returns is counted, and so is the SQLSTATE of an
        /// error that it throws. What it leaves of a transaction is rolled back.
        case cycle(pause: Duration, @Sendable (PostgresSession) async throws -> Int)
        /// A cycle of two sessions that meet each other; the script runs in both.
        case pair(pause: Duration, @Sendable (PostgresSession, PostgresSession) async throws -> Int)
    }

    /// Statements that must succeed before the work begins, in order; again in a session that takes the place of one
    /// that the server has ended.
    var script: [String]
    var work: Work

    init(_ script: [String] = [], then work: Work = .rest) {
        self.script = script
        self.work = work
    }
}
