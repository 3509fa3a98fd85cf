import Glibc
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
    ///   - applicationName: what the server shows of each, whatever the connection string says.
    public init(_ connectionString: String, applicationName: String) {
        self.connectionString = connectionString
        self.applicationName = applicationName
    }

    public var count: Int { held.withLock { $0.count } }

    /// The server's process ids of them.
    public var backends: Set<Int32> { held.withLock { Set($0.map(\.greeting.backendPID)) } }

    /// Opens one more.
    /// - Returns: the server's process id of it.
    /// - Throws: ``PostgresError``; SQLSTATE 53300 when the server has no slot left for this user.
    @discardableResult
    public func open(within timeout: Duration) throws(PostgresError) -> Int32 {
        try held.withLock { held throws(PostgresError) in
            let connection = try LibPQConnection(
                connectionString, applicationName: applicationName, isNameFixed: true,
                deadline: .now.advanced(by: timeout), worker: worker)
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

    /// Closes all and waits until the server has closed its side, which is when it has let go of their slots.
    /// - Returns: how many it has not closed in time.
    public func end(within timeout: Duration) -> Int {
        // libpq says good-bye and closes its own descriptor at once.
        let sockets = held.withLock { held in
            let sockets = held.compactMap { $0.duplicateSocket() }
            held = []
            return sockets
        }
        let deadline = ContinuousClock.now.advanced(by: timeout)
        return sockets.count { socket in
            defer { Glibc.close(socket) }
            return !IdleSessions.isEnded(socket, until: deadline)
        }
    }

    private static func isEnded(_ socket: Int32, until deadline: ContinuousClock.Instant) -> Bool {
        var rest = [UInt8](repeating: 0, count: 512)
        while ContinuousClock.now < deadline {
            var entry = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
            guard poll(&entry, 1, 20) > 0 else { continue }
            // What it still says, a notice perhaps, comes before the end; a reset is an end, too.
            let count = read(socket, &rest, rest.count)
            if count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN) { return true }
        }
        return false
    }
}
