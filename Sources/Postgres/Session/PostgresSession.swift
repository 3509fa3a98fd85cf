/// One connection to a PostgreSQL server (or a pooler that speaks its protocol).
///
/// libpq runs on a thread of the session's own, so a slow or dead server never holds a thread of Swift's cooperative
/// pool. Statements of one session run one after the other, in the order in which they were called.
///
/// After a ``PostgresError/Kind/timeout``, a cancelled running statement or a broken connection the session is closed:
/// what the server did with the statement is then unknown, and nothing sensible can follow on the same connection.
public final class PostgresSession: Sendable {
    /// The server's process id of this connection. Behind a pooler it is the pooler's invention.
    public let backendPID: Int32
    /// The server's version as libpq counts it: 150018 is 15.18.
    public let serverVersion: Int32
    /// The server and the database that it is in.
    public let place: ObserverTransactions.Place

    private let worker: SessionWorker
    private let options: PostgresSessionOptions

    private init(worker: SessionWorker, greeting: SessionGreeting, options: PostgresSessionOptions) {
        self.worker = worker
        self.backendPID = greeting.backendPID
        self.serverVersion = greeting.serverVersion
        self.place = greeting.place
        self.options = options
    }

    deinit {
        worker.close()
    }

    /// Connects.
    ///
    /// - Parameter connectionString: a libpq connection string, `host=… dbname=…` or `postgresql://…`.
    /// - Throws: ``PostgresError`` of the kinds `invalidConnectionString`, `connectionRefused`, `connectionFailed`,
    ///   `connectionLost`, `server`, `timeout`, `cancelled`, `tooManyOpenFiles` and `resourceExhausted`.
    public static func connect(
        _ connectionString: String, options: PostgresSessionOptions = .init()
    ) async throws(PostgresError) -> PostgresSession {
        let worker = SessionWorker()
        let deadline = ContinuousClock.now.advanced(by: options.connectTimeout)
        let outcome: Result<SessionGreeting, PostgresError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                worker.start(
                    connectionString: connectionString, applicationName: options.applicationName,
                    settings: options.settings, deadline: deadline
                ) { continuation.resume(returning: $0) }
            }
        } onCancel: {
            worker.interruptConnecting()
        }
        return PostgresSession(worker: worker, greeting: try outcome.get(), options: options)
    }

    /// Runs one statement with parameters `$1`, `$2`, … as text, through an unnamed prepared statement.
    ///
    /// - Parameters:
    ///   - parameters: text values; `nil` is SQL NULL. The server infers the types.
    ///   - timeout: how long it may take, waiting behind earlier statements of this session included;
    ///     the option `statementTimeout` when `nil`.
    /// - Throws: ``PostgresError``. `server` leaves the session usable; see the type's description for the others.
    @discardableResult
    public func query(
        _ sql: String, _ parameters: [String?] = [], timeout: Duration? = nil
    ) async throws(PostgresError) -> PostgresRows {
        // As a C string it would end at the NUL and store something else than was asked; the server, too, refuses it.
        guard !parameters.contains(where: { $0?.utf8.contains(0) == true }) else {
            throw PostgresError(
                kind: .server("22021"), sqlState: "22021",
                message: "invalid byte sequence for encoding \"UTF8\": 0x00 in a parameter")
        }
        let results = try await run(.query(sql, parameters), timeout: timeout)
        guard let rows = results.last else {
            throw PostgresError(kind: .unsupported, message: "the server sent no result")
        }
        return rows
    }

    /// Runs one or more statements separated by semicolons, without parameters, in the simple protocol.
    ///
    /// - Parameter timeout: how long all of them together may take; the option `statementTimeout` when `nil`.
    /// - Returns: the result of each statement in order.
    /// - Throws: the first failing statement's ``PostgresError``; the server skips those after it.
    @discardableResult
    public func execute(_ sql: String, timeout: Duration? = nil) async throws(PostgresError) -> [PostgresRows] {
        try await run(.script(sql), timeout: timeout)
    }

    /// Asks the server to cancel the running statement, which then fails with SQLSTATE 57014 and leaves the session
    /// usable. Returns when the request was delivered, which does not mean that anything was cancelled.
    ///
    /// - Throws: `connectionFailed` when the request could not be delivered, `closed` when the session is closed,
    ///   `resourceExhausted` when too many requests are stuck already.
    public func cancel() async throws(PostgresError) {
        try await worker.cancelStatement()
    }

    /// Ends the session. A running statement fails with `closed`. Does not wait for the server; may be repeated.
    public func close() {
        worker.close()
    }

    /// Whether the session ended: closed by ``close()``, by a timeout or because the connection broke. A connection
    /// that broke while idle is noticed by the next statement.
    public var isClosed: Bool { worker.isClosed }

    /// The state of the transaction after the latest statement.
    public var transactionStatus: PostgresTransactionStatus { worker.transactionStatus }

    /// The current value of a setting that the server reports by itself, such as `server_version`, `TimeZone` or
    /// `in_hot_standby`; `nil` for one it does not report.
    ///
    /// - Throws: `closed` when the session is closed, `cancelled`, `timeout`.
    public func parameterStatus(_ name: String) async throws(PostgresError) -> String? {
        let results = try await run(.parameterStatus(name), timeout: nil)
        return results.first?[0, 0]
    }

    private func run(
        _ statement: SessionStatement, timeout: Duration?
    ) async throws(PostgresError) -> [PostgresRows] {
        let deadline = ContinuousClock.now.advanced(by: timeout ?? options.statementTimeout)
        let id = worker.makeStatementID()
        let outcome: Result<[PostgresRows], PostgresError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                worker.enqueue(
                    SessionCommand(id: id, statement: statement, deadline: deadline) {
                        continuation.resume(returning: $0)
                    })
            }
        } onCancel: {
            worker.interrupt(id)
        }
        return try outcome.get()
    }
}
