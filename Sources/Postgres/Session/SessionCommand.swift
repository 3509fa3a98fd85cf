/// What a session is asked to do.
enum SessionStatement: Sendable {
    case query(String, [String?])
    case script(String)
    case parameterStatus(String)
}

/// A statement waiting for or running on the session's thread.
struct SessionCommand: Sendable {
    let id: UInt64
    let statement: SessionStatement
    let deadline: ContinuousClock.Instant
    /// Called exactly once, on the session's thread or, when the session is closed, on the caller's.
    let finish: @Sendable (Result<[PostgresRows], PostgresError>) -> Void
}

/// What the server said when the connection was made.
struct SessionGreeting: Sendable {
    let backendPID: Int32
    let serverVersion: Int32
    let place: ObserverTransactions.Place
}
