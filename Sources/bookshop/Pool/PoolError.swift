import Postgres

/// Why a checkout brought no connection.
enum PoolError: Error, Sendable, Equatable {
    /// All connections stayed in use for this long.
    case timedOut(Duration)
    /// There is no connection at all, and the latest attempt to make one failed with this.
    case unavailable(PostgresError)
    /// This many callers wait already.
    case queueFull(Int)
    case cancelled
    case shuttingDown
}

extension ServiceError {
    init(_ error: PoolError) {
        switch error {
        case .timedOut(let duration):
            self.init(.poolTimeout, "no database connection came free within \(duration)")
        case .unavailable(let cause):
            let code: ErrorCode = cause.kind == .tooManyOpenFiles ? .tooManyOpenFiles : .databaseUnavailable
            self.init(code, "no database connection: \(cause.description)", sqlState: cause.sqlState)
        case .queueFull(let limit):
            self.init(.poolQueueFull, "\(limit) requests wait for a database connection already")
        case .cancelled:
            self.init(.internal, "the request was cancelled")
        case .shuttingDown:
            self.init(.databaseUnavailable, "the service is stopping")
        }
    }
}
