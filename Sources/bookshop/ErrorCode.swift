/// The `extensions.code` of an error answer. Brink's load generator classifies by these, so they are an interface.
enum ErrorCode: String, Sendable, CaseIterable {
    /// No connection came free within the checkout timeout.
    case poolTimeout = "POOL_TIMEOUT"
    /// As many requests as may wait for a connection do so already.
    case poolQueueFull = "POOL_QUEUE_FULL"
    /// The database cannot be reached, refuses connections, or a connection broke under a statement.
    case databaseUnavailable = "DATABASE_UNAVAILABLE"
    /// The database refused a statement; the SQLSTATE is given.
    case databaseError = "DATABASE_ERROR"
    case statementTimeout = "STATEMENT_TIMEOUT"
    /// The process is out of file descriptors.
    case tooManyOpenFiles = "TOO_MANY_OPEN_FILES"
    case unauthenticated = "UNAUTHENTICATED"
    case badRequest = "BAD_REQUEST"
    case `internal` = "INTERNAL"
}
