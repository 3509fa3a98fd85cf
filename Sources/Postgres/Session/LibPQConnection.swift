import CLibPQ
import Glibc

/// One libpq connection in non-blocking mode. Lives on the session's thread and is used by no other.
final class LibPQConnection {
    let greeting: SessionGreeting
    let cancelRequest: CancelRequest?

    private let handle: OpaquePointer
    private let worker: SessionWorker
    private let isObserver: Bool

    /// Connects within the deadline.
    /// - Parameters:
    ///   - isNameFixed: whether the name wins over one in the connection string.
    ///   - settings: what the session begins with; wins over what server, database and role say.
    init(
        _ connectionString: String, applicationName: String, isNameFixed: Bool = false,
        settings: [String: String] = [:], deadline: ContinuousClock.Instant, worker: SessionWorker
    ) throws(PostgresError) {
        try Self.validate(connectionString)
        guard
            let handle = Self.begin(connectionString, applicationName, isNameFixed: isNameFixed, settings: settings)
        else {
            throw PostgresError(kind: .resourceExhausted, message: "libpq has no memory for a connection")
        }
        do throws(PostgresError) {
            try Self.finishConnecting(handle, until: deadline, worker: worker)
        } catch {
            PQfinish(handle)
            throw error
        }
        self.handle = handle
        self.worker = worker
        let place = ObserverTransactions.Place(
            host: Self.text(PQhost(handle)), port: Self.text(PQport(handle)), database: Self.text(PQdb(handle)))
        self.greeting = SessionGreeting(
            backendPID: PQbackendPID(handle), serverVersion: PQserverVersion(handle), place: place)
        self.isObserver = ObserverTransactions.isObserver(applicationName)
        // A session begins with a transaction that looks up its role and its database.
        if isObserver {
            ObserverTransactions.shared.add(place)
            ObserverBackends.shared.begin(greeting.backendPID)
        }
        self.cancelRequest = CancelRequest(of: handle)
    }

    deinit {
        PQfinish(handle)
        if isObserver { ObserverBackends.shared.end(greeting.backendPID) }
    }

    private static func text(_ string: UnsafeMutablePointer<CChar>?) -> String {
        string.map { String(cString: $0) } ?? ""
    }

    var transactionStatus: PostgresTransactionStatus {
        PostgresTransactionStatus(PQtransactionStatus(handle))
    }

    /// Whether the server has said something unasked, or left: on an idle connection mostly its good-bye.
    var hasInput: Bool {
        var entry = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, 0) > 0
    }

    /// A second descriptor of the socket, for the caller to close; nil when there is none left.
    func duplicateSocket() -> Int32? {
        let copy = fcntl(PQsocket(handle), F_DUPFD_CLOEXEC, 0)
        return copy < 0 ? nil : copy
    }

    func run(
        _ statement: SessionStatement, until deadline: ContinuousClock.Instant
    ) throws(PostgresError) -> [PostgresRows] {
        switch statement {
        case .query(let sql, let parameters):
            let sent = withCStrings(parameters) { values in
                PQsendQueryParams(handle, sql, Int32(parameters.count), nil, values, nil, nil, 0)
            }
            guard sent == 1 else { throw sendingError() }
            defer { noteEndOfTransaction() }
            return try collectResults(until: deadline)
        case .script(let sql):
            guard PQsendQuery(handle, sql) == 1 else { throw sendingError() }
            defer { noteEndOfTransaction() }
            return try collectResults(until: deadline)
        case .parameterStatus(let name):
            let value = PQparameterStatus(handle, name).map { String(cString: $0) }
            return [
                PostgresRows(columns: [name], count: 1, commandTag: "", affectedRows: 0, values: [value])
            ]
        }
    }

    private func noteEndOfTransaction() {
        if isObserver, transactionStatus == .idle { ObserverTransactions.shared.add(greeting.place) }
    }

    /// Asks the server to stop what it does for this connection, without regard to whether that succeeds: the session
    /// is about to close, after which the server notices by itself, only later.
    func requestCancel() {
        guard transactionStatus == .active, let cancelRequest else { return }
        do {
            try CancelGate.shared.deliver(cancelRequest)
        } catch {
            // Nothing to tell anybody: the caller already has the error that led here.
        }
    }

    // MARK: Connecting

    /// libpq's own message for a malformed string quotes parts of it, which may be the password.
    private static func validate(_ connectionString: String) throws(PostgresError) {
        var reason: UnsafeMutablePointer<CChar>?
        let options = PQconninfoParse(connectionString, &reason)
        PQconninfoFree(options)
        if let reason { PQfreemem(reason) }
        guard options != nil else {
            throw PostgresError(
                kind: .invalidConnectionString,
                message: "the connection string could not be parsed",
                hint: "use host=… port=… dbname=… user=… or postgresql://user@host:port/database")
        }
    }

    private static func begin(
        _ connectionString: String, _ applicationName: String, isNameFixed: Bool, settings: [String: String]
    ) -> OpaquePointer? {
        // "dbname" holding a connection string is expanded; what follows it wins over what it says.
        let name = isNameFixed ? "application_name" : "fallback_application_name"
        var keywords = ["dbname", "client_encoding", name]
        var values = [connectionString, "UTF8", applicationName]
        if !settings.isEmpty {
            // A pooler may refuse the parameter, so it is sent only when there is something to say.
            keywords.append("options")
            values.append(settings.sorted { $0.key < $1.key }.map { "-c \($0.key)=\($0.value)" }.joined(separator: " "))
        }
        let handle = withCStrings(keywords) { keywords in
            withCStrings(values) { values in
                PQconnectStartParams(keywords, values, 1)
            }
        }
        guard let handle else { return nil }
        PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
        // libpq writes notices to stderr unless told otherwise.
        PQsetNoticeReceiver(handle, { _, _ in }, nil)
        return handle
    }

    private static func finishConnecting(
        _ handle: OpaquePointer, until deadline: ContinuousClock.Instant, worker: SessionWorker
    ) throws(PostgresError) {
        guard PQstatus(handle) != CONNECTION_BAD else { throw connectionError(handle) }
        // Before the first PQconnectPoll libpq wants the socket writable.
        var phase = PGRES_POLLING_WRITING
        while phase != PGRES_POLLING_OK {
            guard phase != PGRES_POLLING_FAILED else { throw connectionError(handle) }
            let events = phase == PGRES_POLLING_WRITING ? Int32(POLLOUT) : Int32(POLLIN)
            try worker.wait(on: PQsocket(handle), for: events, until: deadline)
            phase = PQconnectPoll(handle)
        }
        PQsetErrorVerbosity(handle, PQERRORS_DEFAULT)
        guard PQsetnonblocking(handle, 1) == 0 else { throw connectionError(handle) }
    }

    private static func connectionError(_ handle: OpaquePointer) -> PostgresError {
        LibPQMessage.connectionError(
            String(cString: PQerrorMessage(handle)), password: PQpass(handle).map { String(cString: $0) })
    }

    // MARK: Statements

    private var lossError: PostgresError {
        LibPQMessage.lossError(
            String(cString: PQerrorMessage(handle)), password: PQpass(handle).map { String(cString: $0) })
    }

    private func sendingError() -> PostgresError {
        if PQstatus(handle) == CONNECTION_BAD { return lossError }
        return PostgresError(
            kind: .unsupported, message: LibPQMessage.firstLine(String(cString: PQerrorMessage(handle))))
    }

    private func collectResults(until deadline: ContinuousClock.Instant) throws(PostgresError) -> [PostgresRows] {
        try flush(until: deadline)
        var results: [PostgresRows] = []
        var failure: PostgresError?
        while true {
            while PQisBusy(handle) == 1 {
                try worker.wait(on: PQsocket(handle), for: Int32(POLLIN), until: deadline)
                guard PQconsumeInput(handle) == 1 else { throw failure ?? lossError }
            }
            guard let result = PQgetResult(handle) else { break }
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
                results.append(PostgresRows(result))
            case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE:
                if failure == nil { failure = statementError(result) }
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                // Draining a COPY properly is not worth it here: the session ends, which ends the COPY.
                throw PostgresError(
                    kind: .unsupported, message: "COPY is not available in this session",
                    hint: "use INSERT or SELECT, or psql")
            default:
                continue
            }
        }
        if let failure { throw failure }
        return results
    }

    private func flush(until deadline: ContinuousClock.Instant) throws(PostgresError) {
        while true {
            switch PQflush(handle) {
            case 0:
                return
            case 1:
                // The server may be blocked sending to us before it reads more: take in what it has.
                try worker.wait(on: PQsocket(handle), for: Int32(POLLIN | POLLOUT), until: deadline)
                guard PQconsumeInput(handle) == 1 else { throw lossError }
            default:
                throw lossError
            }
        }
    }

    private func statementError(_ result: OpaquePointer) -> PostgresError {
        func field(_ code: Int32) -> String? {
            PQresultErrorField(result, code).map { String(cString: $0) }
        }
        let sqlState = field(clibpq_diag_sqlstate)
        let isBroken = PQstatus(handle) == CONNECTION_BAD
        guard let message = field(clibpq_diag_message_primary) else {
            return isBroken
                ? lossError : LibPQMessage.lossError(String(cString: PQresultErrorMessage(result)), password: nil)
        }
        let kind: PostgresError.Kind =
            if isBroken || sqlState?.hasPrefix("57P0") == true {
                // The server said good-bye; the socket's end may follow in a moment.
                .connectionLost
            } else {
                .server(sqlState ?? "XX000")
            }
        return PostgresError(
            kind: kind, sqlState: sqlState, message: message,
            detail: field(clibpq_diag_message_detail), hint: field(clibpq_diag_message_hint))
    }
}

extension PostgresRows {
    fileprivate init(_ result: OpaquePointer) {
        let rowCount = PQntuples(result)
        let columnCount = PQnfields(result)
        var values: [String?] = []
        values.reserveCapacity(Int(rowCount) * Int(columnCount))
        for row in 0..<rowCount {
            for column in 0..<columnCount {
                if PQgetisnull(result, row, column) == 1 {
                    values.append(nil)
                } else {
                    let bytes = UnsafeRawBufferPointer(
                        start: PQgetvalue(result, row, column), count: Int(PQgetlength(result, row, column)))
                    values.append(String(decoding: bytes, as: UTF8.self))
                }
            }
        }
        self.init(
            columns: (0..<columnCount).map { String(cString: PQfname(result, $0)) },
            count: Int(rowCount),
            commandTag: String(cString: PQcmdStatus(result)),
            affectedRows: Int(String(cString: PQcmdTuples(result))) ?? 0,
            values: values)
    }
}

/// Calls the body with a NULL-terminated array of C strings; `nil` becomes NULL.
private func withCStrings<Result>(
    _ strings: [String?], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
) -> Result {
    // One block for all texts: a query has a handful of short parameters, and strdup for each shows in a profile.
    var bytes: [CChar] = []
    var offsets: [Int?] = []
    for string in strings {
        guard let string else {
            offsets.append(nil)
            continue
        }
        offsets.append(bytes.count)
        for byte in string.utf8 { bytes.append(CChar(bitPattern: byte)) }
        bytes.append(0)
    }
    return bytes.withUnsafeBufferPointer { block in
        var pointers: [UnsafePointer<CChar>?] = offsets.map { offset in
            guard let offset, let base = block.baseAddress else { return nil }
            return base + offset
        }
        pointers.append(nil)
        return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
    }
}
