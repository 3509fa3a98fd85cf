import Synchronization

/// Sessions of one server that are there and do nothing.
///
/// Unlike a ``PostgresSession`` none of them has a thread: all calls block, and one call waits for the other.
public final class IdleSessions: Sendable {
    private let connectionString: String
    private let applicationName: String
    private let worker = SessionWorker()
    private let held = Mutex<[LibPQConnection]>([])

    /// - Parameters:
    ///   - connectionString: of libpq; a password comes from PGPASSWORD or PGPASSFILE.
    ///   - applicationName: what the server shows of each, unless the connection string says otherwise.
    public init(_ connectionString: String, applicationName: String) {
        self.connectionString = connectionString
        self.applicationName = applicationName
    }

    public var count: Int { held.withLock { $0.count } }

    /// Opens one more.
    /// - Returns: the server's process id of it.
    /// - Throws: ``PostgresError``; SQLSTATE 53300 when the server has no slot left for this user.
    @discardableResult
    public func open(within timeout: Duration) throws(PostgresError) -> Int32 {
        try held.withLock { held throws(PostgresError) in
            let connection = try LibPQConnection(
                connectionString, applicationName: applicationName, deadline: .now.advanced(by: timeout),
                worker: worker)
            held.append(connection)
            return connection.greeting.backendPID
        }
    }

    /// Asks through the first of them. One that broke, or answered too late, is let go of.
    /// - Throws: ``PostgresError`` of the kind `closed` when there is none.
    public func query(
        _ sql: String, _ parameters: [String?] = [], within timeout: Duration
    ) throws(PostgresError) -> PostgresRows {
        try held.withLock { held throws(PostgresError) in
            guard let first = held.first else { throw .sessionClosed }
            let deadline = ContinuousClock.now.advanced(by: timeout)
            do throws(PostgresError) {
                guard let rows = try first.run(.query(sql, parameters), until: deadline).last else {
                    throw PostgresError(kind: .unsupported, message: "the server sent no result")
                }
                return rows
            } catch {
                if error.endsSession { held.removeFirst() }
                throw error
            }
        }
    }

    /// Lets go of those that the server has ended.
    public func dropEnded() {
        held.withLock { $0.removeAll(where: \.hasInput) }
    }

    /// Closes the newest until so many are left. Does not wait for the server.
    public func close(downTo count: Int) {
        held.withLock { held in
            while held.count > max(0, count) { held.removeLast() }
        }
    }
}
