import Postgres
import ServiceLifecycle

/// Carries out what ``PoolStateMachine`` decides: makes, checks and closes connections, keeps the time.
actor ConnectionPool: Service {
    private typealias Waiting = CheckedContinuation<Result<PoolLease, PoolError>, Never>

    private let connectionString: String
    private let sessionOptions: PostgresSessionOptions
    private let metrics: Metrics
    private nonisolated let leaksOnCancel: Bool
    private var machine: PoolStateMachine

    private var sessions: [PoolStateMachine.ConnectionID: PostgresSession] = [:]
    private var waiting: [PoolStateMachine.WaiterID: Waiting] = [:]
    /// Outcomes of checkouts that did not have to wait, picked up at once by their caller.
    private var settled: [PoolStateMachine.WaiterID: Result<PoolLease, PoolError>] = [:]
    private var nextWaiterID: PoolStateMachine.WaiterID = 0
    private var alarm: (instant: ContinuousClock.Instant, task: Task<Void, any Error>)?
    private var finished: [CheckedContinuation<Void, Never>] = []
    private var isFinished = false

    init(
        connectionString: String, configuration: PoolConfiguration, sessionOptions: PostgresSessionOptions,
        metrics: Metrics
    ) {
        self.connectionString = connectionString
        self.sessionOptions = sessionOptions
        self.metrics = metrics
        self.leaksOnCancel = configuration.leaksOnCancel
        self.machine = PoolStateMachine(configuration: configuration, jitterSeed: .random(in: .min ... .max))
    }

    /// Runs until graceful shutdown, then waits for the connections in use; cancelled, it does not wait for them.
    func run() async throws {
        perform { $0.start(now: .now) }
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await untilFinished()
            } onGracefulShutdown: {
                Task { await self.shutDown() }
            }
        } onCancel: {
            Task { await self.abandon() }
        }
    }

    func shutDown() {
        perform { $0.shutDown(now: .now) }
    }

    private func abandon() {
        shutDown()
        for session in sessions.values { session.close() }
        finish()
    }

    var statistics: PoolStatistics { machine.statistics }

    /// Lends a connection to the body and takes it back whatever happens. One that broke, or on which the body left a
    /// transaction open, is replaced.
    nonisolated func withSession<Value: Sendable>(
        _ body: @Sendable (PostgresSession) async throws(ServiceError) -> Value
    ) async throws(ServiceError) -> Value {
        let lease = try await checkout()
        let result: Result<Value, ServiceError>
        do throws(ServiceError) {
            result = .success(try await body(lease.session))
        } catch {
            result = .failure(error)
        }
        // The weakness `leaks-connection-on-cancel`: as if only a body that ran to its end had something to give back.
        if leaksOnCancel, Task.isCancelled { return try result.get() }
        await checkin(lease)
        return try result.get()
    }

    /// Waits for a connection. The caller must give it back with ``checkin(_:)``.
    ///
    /// - Throws: `POOL_TIMEOUT`, `POOL_QUEUE_FULL`, `DATABASE_UNAVAILABLE`, `TOO_MANY_OPEN_FILES`, or `INTERNAL` when cancelled.
    func checkout() async throws(ServiceError) -> PoolLease {
        let started = ContinuousClock.now
        nextWaiterID += 1
        let id = nextWaiterID
        perform { $0.checkout(id, now: started) }
        let outcome: Result<PoolLease, PoolError>
        if let settled = settled.removeValue(forKey: id) {
            outcome = settled
        } else {
            outcome = await withTaskCancellationHandler {
                await withCheckedContinuation { waiting[id] = $0 }
            } onCancel: {
                Task { await self.cancelCheckout(id) }
            }
        }
        metrics.poolCheckoutSeconds.observe(started.duration(to: .now))
        metrics.stages.observe(.poolCheckout, since: started)
        do throws(PoolError) {
            return try outcome.get()
        } catch {
            switch error {
            case .timedOut, .unavailable: metrics.poolCheckoutTimeouts.increment()
            case .queueFull, .cancelled, .shuttingDown: break
            }
            throw ServiceError(error)
        }
    }

    func checkin(_ lease: PoolLease) {
        let isReusable = !lease.session.isClosed && lease.session.transactionStatus == .idle
        perform { $0.checkin(lease.connection, isReusable: isReusable, now: .now) }
    }

    // MARK: Actions

    private func perform(_ event: (inout PoolStateMachine) -> [PoolStateMachine.Action]) {
        for action in event(&machine) {
            switch action {
            case .connect(let connection): connect(connection)
            case .close(let connection): sessions.removeValue(forKey: connection)?.close()
            case .check(let connection): check(connection)
            case .grant(let waiter, let connection): grant(connection, to: waiter)
            case .fail(let waiter, let error): settle(waiter, .failure(error))
            case .finished: finish()
            }
        }
        setAlarm()
    }

    private func connect(_ connection: PoolStateMachine.ConnectionID) {
        Task {
            let started = ContinuousClock.now
            do throws(PostgresError) {
                let session = try await PostgresSession.connect(connectionString, options: sessionOptions)
                metrics.stages.observe(.poolConnect, since: started)
                metrics.poolConnects.increment("ok")
                sessions[connection] = session
                perform { $0.connectSucceeded(connection, now: .now) }
            } catch {
                metrics.poolConnects.increment(error.kind.name)
                if error.kind == .tooManyOpenFiles { metrics.errors.increment(ErrorCode.tooManyOpenFiles.rawValue) }
                perform { $0.connectFailed(connection, error, now: .now) }
            }
        }
    }

    private func check(_ connection: PoolStateMachine.ConnectionID) {
        guard let session = sessions[connection] else { return }
        Task {
            do throws(PostgresError) {
                if try await session.isHealthy() {
                    perform { $0.checkSucceeded(connection, now: .now) }
                } else {
                    perform { $0.checkFailed(connection, now: .now) }
                }
            } catch {
                perform { $0.checkFailed(connection, now: .now) }
            }
        }
    }

    private func grant(_ connection: PoolStateMachine.ConnectionID, to waiter: PoolStateMachine.WaiterID) {
        guard let session = sessions[connection] else {
            preconditionFailure("the pool granted connection \(connection), which it does not have")
        }
        settle(waiter, .success(PoolLease(connection: connection, session: session)))
    }

    private func settle(_ waiter: PoolStateMachine.WaiterID, _ outcome: Result<PoolLease, PoolError>) {
        if let continuation = waiting.removeValue(forKey: waiter) {
            continuation.resume(returning: outcome)
        } else {
            settled[waiter] = outcome
        }
    }

    private func cancelCheckout(_ waiter: PoolStateMachine.WaiterID) {
        perform { $0.waiterCancelled(waiter, now: .now) }
    }

    // MARK: Time and end

    private func setAlarm() {
        guard let next = machine.nextDeadline else { return }
        // An alarm that rings early finds nothing to do and sets the next one.
        if let alarm, alarm.instant <= next { return }
        alarm?.task.cancel()
        let task = Task {
            try await Task.sleep(until: next)
            alarmRang()
        }
        alarm = (next, task)
    }

    private func alarmRang() {
        alarm = nil
        perform { $0.timePassed(now: .now) }
    }

    private func finish() {
        isFinished = true
        alarm?.task.cancel()
        for continuation in finished { continuation.resume() }
        finished = []
    }

    private func untilFinished() async {
        guard !isFinished else { return }
        await withCheckedContinuation { finished.append($0) }
    }
}
