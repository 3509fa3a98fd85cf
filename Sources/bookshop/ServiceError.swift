import Postgres

/// An error as a client of the service sees it.
struct ServiceError: Error, Sendable, Equatable {
    /// Whether a write that failed may have taken effect all the same.
    enum Outcome: String, Sendable {
        case failed
        case unknown
    }

    let code: ErrorCode
    let message: String
    var sqlState: String?
    /// Set for writes only.
    var outcome: Outcome?

    init(_ code: ErrorCode, _ message: String, sqlState: String? = nil) {
        self.code = code
        self.message = message
        self.sqlState = sqlState
    }

    init(_ error: PostgresError) {
        self.init(Self.code(for: error), error.description, sqlState: error.sqlState)
    }

    func with(outcome: Outcome) -> ServiceError {
        var copy = self
        copy.outcome = outcome
        return copy
    }

    private static func code(for error: PostgresError) -> ErrorCode {
        switch error.kind {
        case .timeout: .statementTimeout
        case .tooManyOpenFiles: .tooManyOpenFiles
        case .connectionRefused, .connectionFailed, .connectionLost, .closed, .resourceExhausted:
            .databaseUnavailable
        case .server(let sqlState): code(forSQLState: sqlState)
        case .invalidConnectionString, .cancelled, .unsupported: .internal
        }
    }

    private static func code(forSQLState sqlState: String) -> ErrorCode {
        switch sqlState {
        case "57014": .statementTimeout
        case "53300": .databaseUnavailable
        default:
            // 08: connection exceptions, which a pooler answers with; 57P: the server stops or starts.
            sqlState.hasPrefix("08") || sqlState.hasPrefix("57P") ? .databaseUnavailable : .databaseError
        }
    }
}

extension ServiceError {
    /// An answer to another statement came, as when the link to the server repeats or loses some of the bytes: every later
    /// answer would be to another one as well, so the session is closed.
    static func outOfStep(_ session: PostgresSession, _ detail: String = "") -> ServiceError {
        session.close()
        return ServiceError(.databaseUnavailable, "the connection is out of step with its server\(detail)")
    }

    /// Whether the database said no, so that nothing was written; otherwise the connection was lost or given up, or the
    /// server was in such trouble that it may have committed.
    var isRefusal: Bool {
        switch code {
        case .badRequest: true
        case .databaseError: sqlState.map(SQLState.rulesOutCommit) ?? true
        default: false
        }
    }
}
