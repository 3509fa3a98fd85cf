/// What went wrong with a PostgreSQL connection or statement, told so that a program can decide and a person can act.
///
/// The texts come from libpq or the server and never hold the password of the connection string.
public struct PostgresError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The stable cause; programs decide on this and not on the texts.
    public enum Kind: Sendable, Hashable {
        /// The connection string could not be parsed.
        case invalidConnectionString
        /// Nobody listens at the address, or the Unix socket does not exist.
        case connectionRefused
        /// The connection could not be made for another reason (name resolution, TLS, authentication, …).
        case connectionFailed
        /// An established connection broke; whether the running statement took effect is unknown.
        case connectionLost
        /// The deadline passed. The session asked the server to cancel the statement and closed itself.
        case timeout
        /// The task was cancelled. If the statement was running, the session closed itself.
        case cancelled
        /// The server refused the statement or the connection with this SQLSTATE.
        case server(String)
        /// The process is out of file descriptors (EMFILE or ENFILE).
        case tooManyOpenFiles
        /// The system has no thread or memory left for another session.
        case resourceExhausted
        /// The session was already closed.
        case closed
        /// The statement cannot be run through this interface (for example COPY).
        case unsupported

        /// A short label in kebab case without the SQLSTATE, fit for a metric.
        public var name: String {
            switch self {
            case .invalidConnectionString: "invalid-connection-string"
            case .connectionRefused: "connection-refused"
            case .connectionFailed: "connection-failed"
            case .connectionLost: "connection-lost"
            case .timeout: "timeout"
            case .cancelled: "cancelled"
            case .server: "server"
            case .tooManyOpenFiles: "too-many-open-files"
            case .resourceExhausted: "resource-exhausted"
            case .closed: "closed"
            case .unsupported: "unsupported"
            }
        }
    }

    public let kind: Kind
    /// The five characters of the server's SQLSTATE, when the server said one. A connection that the server ended on
    /// purpose is ``Kind/connectionLost`` and still carries it (57P01 for an administrator's shutdown).
    public let sqlState: String?
    /// The primary message of the server or of libpq.
    public let message: String
    public let detail: String?
    public let hint: String?

    public init(
        kind: Kind, sqlState: String? = nil, message: String, detail: String? = nil, hint: String? = nil
    ) {
        self.kind = kind
        self.sqlState = sqlState
        self.message = message
        self.detail = detail
        self.hint = hint
    }

    public var description: String {
        var text = message
        if let sqlState { text += " (SQLSTATE \(sqlState))" }
        if let detail { text += "; \(detail)" }
        if let hint { text += "; hint: \(hint)" }
        return text
    }
}

extension PostgresError {
    static let sessionClosed = PostgresError(kind: .closed, message: "the session is closed")

    /// Whether nothing can follow on the session after this error.
    var endsSession: Bool {
        switch kind {
        case .connectionLost, .timeout, .cancelled, .closed, .unsupported: true
        default: false
        }
    }
}
