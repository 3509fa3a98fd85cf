import Postgres

/// Decides everything about the connection pool and does nothing: events and the time go in, actions come out.
///
/// A connection's place in the pool (a slot) exists from the decision to connect until the connection is given up;
/// there are never more slots than the pool's size. Waiters are served first come, first served; unused connections
/// are handed out last in, first out, so that surplus ones grow old and are closed.
struct PoolStateMachine {
    typealias Instant = ContinuousClock.Instant
    typealias ConnectionID = Int
    typealias WaiterID = UInt64

    enum Action: Equatable {
        /// Make a connection and report `connectSucceeded` or `connectFailed`.
        case connect(ConnectionID)
        case close(ConnectionID)
        /// Run a trivial statement and report `checkSucceeded` or `checkFailed`.
        case check(ConnectionID)
        case grant(WaiterID, ConnectionID)
        case fail(WaiterID, PoolError)
        /// Nothing is left to wait for after `shutDown`.
        case finished
    }

    private enum Slot {
        case connecting(attempt: Int)
        case waitingToConnect(until: Instant, attempt: Int)
        case idle(since: Instant, checkedAt: Instant)
        case checking(idleSince: Instant)
        case leased
    }

    private struct Waiter {
        let id: WaiterID
        let deadline: Instant
    }

    let configuration: PoolConfiguration

    private var backoff: Backoff
    private var slots: [ConnectionID: Slot] = [:]
    /// The idle connections, the one used last at the end.
    private var idle: [ConnectionID] = []
    private var waiters: [Waiter] = []
    private var nextConnectionID = 0
    private var lastConnectFailure: PostgresError?
    private var isShuttingDown = false
    private var isFinished = false

    init(configuration: PoolConfiguration, jitterSeed: UInt64) {
        self.configuration = configuration
        self.backoff = Backoff(
            base: configuration.backoffBase, cap: configuration.backoffCap, seed: jitterSeed)
    }

    // MARK: Events

    /// Opens the first connection.
    mutating func start(now: Instant) -> [Action] {
        settle(now: now)
    }

    mutating func checkout(_ waiter: WaiterID, now: Instant) -> [Action] {
        guard !isShuttingDown else { return [.fail(waiter, .shuttingDown)] }
        if let connection = idle.popLast() {
            slots[connection] = .leased
            return [.grant(waiter, connection)]
        }
        guard waiters.count < configuration.queueLimit else {
            return [.fail(waiter, .queueFull(configuration.queueLimit))]
        }
        waiters.append(Waiter(id: waiter, deadline: now.advanced(by: configuration.checkoutTimeout)))
        return settle(now: now)
    }

    /// - Parameter isReusable: false when the connection broke or was left in an unknown state.
    mutating func checkin(_ connection: ConnectionID, isReusable: Bool, now: Instant) -> [Action] {
        guard case .leased = slots[connection] else { return [] }
        return isReusable ? release(connection, idleSince: now, now: now) : connectionBroke(connection, now: now)
    }

    mutating func connectSucceeded(_ connection: ConnectionID, now: Instant) -> [Action] {
        guard case .connecting = slots[connection] else { return [.close(connection)] }
        lastConnectFailure = nil
        return release(connection, idleSince: now, now: now)
    }

    mutating func connectFailed(_ connection: ConnectionID, _ error: PostgresError, now: Instant) -> [Action] {
        guard case .connecting(let attempt) = slots[connection] else { return [] }
        lastConnectFailure = error
        guard !isShuttingDown else {
            slots[connection] = nil
            return settle(now: now)
        }
        slots[connection] = .waitingToConnect(
            until: now.advanced(by: backoff.delay(attempt: attempt)), attempt: attempt + 1)
        return settle(now: now)
    }

    mutating func checkSucceeded(_ connection: ConnectionID, now: Instant) -> [Action] {
        guard case .checking(let idleSince) = slots[connection] else { return [] }
        return release(connection, idleSince: idleSince, now: now)
    }

    mutating func checkFailed(_ connection: ConnectionID, now: Instant) -> [Action] {
        guard case .checking = slots[connection] else { return [] }
        return connectionBroke(connection, now: now)
    }

    /// The waiter's task was cancelled. A waiter that was served already must check in as usual.
    mutating func waiterCancelled(_ waiter: WaiterID, now: Instant) -> [Action] {
        guard let index = waiters.firstIndex(where: { $0.id == waiter }) else { return [] }
        waiters.remove(at: index)
        return [.fail(waiter, .cancelled)]
    }

    /// Time passed: call it at ``nextDeadline``; calling it at other times does no harm.
    mutating func timePassed(now: Instant) -> [Action] {
        var actions: [Action] = []
        let expired = waiters.prefix { $0.deadline <= now }
        for waiter in expired { actions.append(.fail(waiter.id, checkoutFailure)) }
        waiters.removeFirst(expired.count)

        for connection in idle {
            guard case .idle(let since, let checkedAt) = slots[connection] else { continue }
            if since.advanced(by: configuration.idleTimeout) <= now, slots.count > minimumSize {
                slots[connection] = nil
                actions.append(.close(connection))
            } else if checkedAt.advanced(by: configuration.healthCheckInterval) <= now {
                slots[connection] = .checking(idleSince: since)
                actions.append(.check(connection))
            }
        }
        idle.removeAll { connection in
            if case .idle = slots[connection] { false } else { true }
        }
        return actions + settle(now: now)
    }

    /// Refuses further checkouts, closes what is unused and the rest as it comes back.
    mutating func shutDown(now: Instant) -> [Action] {
        guard !isShuttingDown else { return [] }
        isShuttingDown = true
        var actions: [Action] = waiters.map { .fail($0.id, .shuttingDown) }
        waiters = []
        for connection in idle {
            slots[connection] = nil
            actions.append(.close(connection))
        }
        idle = []
        slots = slots.filter { if case .waitingToConnect = $0.value { false } else { true } }
        return actions + settle(now: now)
    }

    // MARK: Questions

    /// When ``timePassed(now:)`` has something to do next.
    var nextDeadline: Instant? {
        var next = waiters.first?.deadline
        func consider(_ instant: Instant) {
            next = next.map { min($0, instant) } ?? instant
        }
        let mayConnect = connectingCount < configuration.concurrentConnects
        for slot in slots.values {
            switch slot {
            case .waitingToConnect(let until, _):
                if mayConnect { consider(until) }
            case .idle(let since, let checkedAt):
                consider(checkedAt.advanced(by: configuration.healthCheckInterval))
                if slots.count > minimumSize { consider(since.advanced(by: configuration.idleTimeout)) }
            case .connecting, .checking, .leased:
                break
            }
        }
        return next
    }

    var statistics: PoolStatistics {
        var statistics = PoolStatistics(size: configuration.size, waiting: waiters.count)
        for slot in slots.values {
            switch slot {
            case .idle: statistics.idle += 1
            case .leased, .checking: statistics.inUse += 1
            case .connecting: statistics.connecting += 1
            case .waitingToConnect: break
            }
        }
        return statistics
    }

    // MARK: Rules

    private var minimumSize: Int { min(1, configuration.size) }

    private var connectingCount: Int {
        slots.values.reduce(0) { count, slot in
            if case .connecting = slot { count + 1 } else { count }
        }
    }

    /// What a waiter is told whose time is up: without a single connection the reason is not the pool's size.
    private var checkoutFailure: PoolError {
        let hasConnection = slots.values.contains { slot in
            switch slot {
            case .idle, .checking, .leased: true
            case .connecting, .waitingToConnect: false
            }
        }
        if !hasConnection, let lastConnectFailure { return .unavailable(lastConnectFailure) }
        return .timedOut(configuration.checkoutTimeout)
    }

    private mutating func release(_ connection: ConnectionID, idleSince: Instant, now: Instant) -> [Action] {
        guard !isShuttingDown else {
            slots[connection] = nil
            return [.close(connection)] + settle(now: now)
        }
        guard let waiter = waiters.first else {
            slots[connection] = .idle(since: idleSince, checkedAt: now)
            idle.append(connection)
            return settle(now: now)
        }
        waiters.removeFirst()
        slots[connection] = .leased
        return [.grant(waiter.id, connection)]
    }

    private mutating func connectionBroke(_ connection: ConnectionID, now: Instant) -> [Action] {
        // The weakness `no-reconnect`: as if nothing had happened.
        guard configuration.replacesBrokenConnections else {
            return release(connection, idleSince: now, now: now)
        }
        slots[connection] =
            isShuttingDown
            ? nil : .waitingToConnect(until: now.advanced(by: backoff.delay(attempt: 0)), attempt: 1)
        return [.close(connection)] + settle(now: now)
    }

    /// Brings the number of connections in line with what is asked for.
    private mutating func settle(now: Instant) -> [Action] {
        guard !isShuttingDown else {
            guard slots.isEmpty, !isFinished else { return [] }
            isFinished = true
            return [.finished]
        }
        grow(now: now)
        return startConnecting(now: now)
    }

    private mutating func grow(now: Instant) {
        let onTheirWay = slots.values.reduce(0) { count, slot in
            switch slot {
            case .connecting, .waitingToConnect, .checking: count + 1
            case .idle, .leased: count
            }
        }
        let wanted = max(waiters.count - onTheirWay, minimumSize - slots.count)
        for _ in 0..<max(0, min(wanted, configuration.size - slots.count)) {
            slots[nextConnectionID] = .waitingToConnect(until: now, attempt: 0)
            nextConnectionID += 1
        }
    }

    private mutating func startConnecting(now: Instant) -> [Action] {
        var free = configuration.concurrentConnects - connectingCount
        guard free > 0 else { return [] }
        var due: [(until: Instant, connection: ConnectionID, attempt: Int)] = []
        for (connection, slot) in slots {
            if case .waitingToConnect(let until, let attempt) = slot, until <= now {
                due.append((until, connection, attempt))
            }
        }
        due.sort { ($0.until, $0.connection) < ($1.until, $1.connection) }
        var actions: [Action] = []
        for (_, connection, attempt) in due {
            guard free > 0 else { break }
            free -= 1
            slots[connection] = .connecting(attempt: attempt)
            actions.append(.connect(connection))
        }
        return actions
    }
}
