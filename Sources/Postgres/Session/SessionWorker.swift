import Dispatch
import Glibc
import Synchronization

/// The meeting point of a session's callers and its thread: a queue of commands, and a way to interrupt the wait for
/// the server.
///
/// An interrupt shuts the socket down, which ends the thread's `poll` at once without a wake-up descriptor per session.
final class SessionWorker: Sendable {
    private struct State {
        var queue: [SessionCommand] = []
        var nextID: UInt64 = 0
        var runningID: UInt64?
        /// Interrupted before they were run; forgotten when their turn comes.
        var interruptedInQueue: Set<UInt64> = []
        var interruption: SessionInterruption?
        /// The socket that the thread is waiting on right now, and only while it waits: libpq may close and reopen
        /// sockets in between, and a stale number could belong to another file.
        var polledSocket: Int32?
        var isClosed = false
        var transactionStatus = PostgresTransactionStatus.unknown
        var cancelRequest: CancelRequest?

        mutating func interrupt(_ reason: SessionInterruption) {
            if interruption == nil || reason == .closed { interruption = reason }
            if let polledSocket { shutdown(polledSocket, Int32(SHUT_RDWR)) }
        }
    }

    private let state = Mutex(State())
    private let commands = DispatchSemaphore(value: 0)

    // MARK: Called by the session

    func start(
        connectionString: String, applicationName: String, settings: [String: String] = [:],
        deadline: ContinuousClock.Instant,
        finish: @escaping @Sendable (Result<SessionGreeting, PostgresError>) -> Void
    ) {
        do throws(PostgresError) {
            try SessionThread.start { [self] in
                do throws(PostgresError) {
                    let connection = try LibPQConnection(
                        connectionString, applicationName: applicationName, settings: settings, deadline: deadline,
                        worker: self)
                    connected(connection)
                    finish(.success(connection.greeting))
                    serve(connection)
                } catch {
                    markClosed()
                    finish(.failure(error))
                }
            }
        } catch {
            markClosed()
            finish(.failure(error))
        }
    }

    func makeStatementID() -> UInt64 {
        state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
    }

    func enqueue(_ command: SessionCommand) {
        let accepted = state.withLock { state in
            guard !state.isClosed else { return false }
            state.queue.append(command)
            return true
        }
        if accepted {
            commands.signal()
        } else {
            command.finish(.failure(.sessionClosed))
        }
    }

    /// Stops a statement whose task was cancelled.
    func interrupt(_ id: UInt64) {
        state.withLock { state in
            if state.runningID == id {
                state.interrupt(.cancelled)
            } else if !state.isClosed {
                state.interruptedInQueue.insert(id)
            }
        }
    }

    func interruptConnecting() {
        state.withLock { $0.interrupt(.cancelled) }
    }

    func close() {
        let abandoned = state.withLock { state in
            guard !state.isClosed else { return [SessionCommand]() }
            state.isClosed = true
            state.transactionStatus = .unknown
            state.interrupt(.closed)
            defer { state.queue = [] }
            return state.queue
        }
        for command in abandoned { command.finish(.failure(.sessionClosed)) }
        commands.signal()
    }

    func cancelStatement() async throws(PostgresError) {
        guard let request = state.withLock({ $0.isClosed ? nil : $0.cancelRequest }) else {
            throw .sessionClosed
        }
        let outcome: Result<Void, PostgresError> = await withCheckedContinuation { continuation in
            do throws(PostgresError) {
                try SessionThread.start {
                    do throws(PostgresError) {
                        try CancelGate.shared.deliver(request)
                        continuation.resume(returning: .success(()))
                    } catch {
                        continuation.resume(returning: .failure(error))
                    }
                }
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }
        try outcome.get()
    }

    var isClosed: Bool { state.withLock { $0.isClosed } }

    var transactionStatus: PostgresTransactionStatus { state.withLock { $0.transactionStatus } }

    // MARK: Called by the thread

    /// Waits until the socket is ready or the deadline passes.
    ///
    /// - Throws: `timeout`, `cancelled` or `closed`.
    func wait(
        on socket: Int32, for events: Int32, until deadline: ContinuousClock.Instant
    ) throws(PostgresError) {
        while true {
            let interruption = state.withLock { state in
                if state.interruption == nil { state.polledSocket = socket }
                return state.interruption
            }
            if let interruption { throw interruption.error }

            let remaining = ContinuousClock.now.duration(to: deadline)
            guard remaining > .zero else {
                state.withLock { $0.polledSocket = nil }
                throw PostgresError(kind: .timeout, message: "the deadline passed before the server answered")
            }
            var descriptor = pollfd(fd: socket, events: Int16(events), revents: 0)
            let ready = poll(&descriptor, 1, Self.milliseconds(remaining))
            state.withLock { $0.polledSocket = nil }
            // An interrupt makes the socket ready too; the next round reports it. EINTR and a wait that was a
            // rounded millisecond short go round as well.
            if ready > 0, state.withLock({ $0.interruption == nil }) { return }
        }
    }

    /// Rounded up, so that a wait never spins through its last millisecond.
    private static func milliseconds(_ duration: Duration) -> Int32 {
        let (seconds, attoseconds) = duration.components
        let milliseconds = min(seconds, 1_000_000) * 1000 + attoseconds / 1_000_000_000_000_000 + 1
        return Int32(clamping: milliseconds)
    }

    private func connected(_ connection: LibPQConnection) {
        state.withLock { state in
            state.cancelRequest = connection.cancelRequest
            state.transactionStatus = connection.transactionStatus
        }
    }

    private func markClosed() {
        let abandoned = state.withLock { state in
            state.isClosed = true
            state.transactionStatus = .unknown
            state.cancelRequest = nil
            state.interruptedInQueue = []
            defer { state.queue = [] }
            return state.queue
        }
        for command in abandoned { command.finish(.failure(.sessionClosed)) }
    }

    private enum Turn {
        case run(SessionCommand)
        case skip(SessionCommand, PostgresError)
        case idle
        case end
    }

    private func nextTurn() -> Turn {
        state.withLock { state in
            guard !state.isClosed else { return .end }
            guard !state.queue.isEmpty else { return .idle }
            let command = state.queue.removeFirst()
            if state.interruptedInQueue.remove(command.id) != nil {
                return .skip(command, SessionInterruption.cancelled.error)
            }
            guard command.deadline > .now else {
                return .skip(
                    command,
                    PostgresError(kind: .timeout, message: "the deadline passed before the statement's turn came"))
            }
            state.runningID = command.id
            state.transactionStatus = .active
            return .run(command)
        }
    }

    private func serve(_ connection: LibPQConnection) {
        while true {
            commands.wait()
            switch nextTurn() {
            case .end:
                return
            case .idle:
                continue
            case .skip(let command, let error):
                command.finish(.failure(error))
            case .run(let command):
                let result = run(command, on: connection)
                if case .failure(let error) = result, error.endsSession {
                    markClosed()
                    // The caller has waited long enough; the cancel request may take its time.
                    command.finish(result)
                    if error.kind != .connectionLost { connection.requestCancel() }
                    return
                }
                command.finish(result)
            }
        }
    }

    private func run(
        _ command: SessionCommand, on connection: LibPQConnection
    ) -> Result<[PostgresRows], PostgresError> {
        let result: Result<[PostgresRows], PostgresError>
        do throws(PostgresError) {
            result = .success(try connection.run(command.statement, until: command.deadline))
        } catch {
            result = .failure(error)
        }
        state.withLock { state in
            state.runningID = nil
            // A cancellation that came after the last wait found the statement complete, and the socket untouched as
            // nothing was polled. It must not hit the next statement.
            if state.interruption == .cancelled { state.interruption = nil }
            if !state.isClosed { state.transactionStatus = connection.transactionStatus }
        }
        return result
    }
}

/// Why the thread's wait for the server was ended from outside.
enum SessionInterruption: Sendable {
    case cancelled
    case closed

    var error: PostgresError {
        switch self {
        case .cancelled: PostgresError(kind: .cancelled, message: "the task was cancelled")
        case .closed: .sessionClosed
        }
    }
}
