import Postgres
import SeededRandom
import Testing

@testable import bookshop

/// Drives a pool with random events and checks what must hold after each of them.
struct PoolModelCheck {
    private var generator: SeededGenerator
    private var pool: PoolStateMachine
    private var now = ContinuousClock.now
    private var nextWaiter: UInt64 = 0
    private var waiting: [UInt64] = []
    private var leased: [Int] = []
    private var connecting: [Int] = []
    private var checking: [Int] = []
    private var open: Set<Int> = []
    private var isFinished = false
    private let seed: UInt64

    init(seed: UInt64) {
        self.seed = seed
        generator = SeededGenerator(seed: seed)
        var configuration = PoolConfiguration()
        configuration.size = Int.random(in: 1...6, using: &generator)
        configuration.concurrentConnects = Int.random(in: 1...4, using: &generator)
        pool = PoolStateMachine(configuration: configuration, jitterSeed: seed)
    }

    mutating func run(events: Int) {
        apply(pool.start(now: now))
        for _ in 0..<events { step() }
        apply(pool.shutDown(now: now))
        #expect(waiting.isEmpty, "seed \(seed)")
        while let connection = leased.popLast() { apply(pool.checkin(connection, isReusable: true, now: now)) }
        while let connection = checking.popLast() { apply(pool.checkSucceeded(connection, now: now)) }
        while let connection = connecting.popLast() { connect(connection, succeeds: Bool.random(using: &generator)) }
        #expect(isFinished, "seed \(seed)")
        #expect(open.isEmpty, "seed \(seed)")
    }

    private mutating func step() {
        now = now.advanced(by: .milliseconds(Int.random(in: 0...300, using: &generator)))
        switch Int.random(in: 0..<10, using: &generator) {
        case 0..<3:
            nextWaiter += 1
            waiting.append(nextWaiter)
            apply(pool.checkout(nextWaiter, now: now))
        case 3..<5:
            guard let connection = take(\.leased) else { return }
            apply(pool.checkin(connection, isReusable: Int.random(in: 0..<5, using: &generator) > 0, now: now))
        case 5..<7:
            guard let connection = take(\.connecting) else { return }
            connect(connection, succeeds: Int.random(in: 0..<3, using: &generator) > 0)
        case 7:
            guard let connection = take(\.checking) else { return }
            apply(
                Bool.random(using: &generator)
                    ? pool.checkSucceeded(connection, now: now) : pool.checkFailed(connection, now: now))
        case 8:
            guard let waiter = waiting.randomElement(using: &generator) else { return }
            apply(pool.waiterCancelled(waiter, now: now))
        default:
            apply(pool.timePassed(now: now))
        }
    }

    private mutating func connect(_ connection: Int, succeeds: Bool) {
        guard succeeds else {
            apply(pool.connectFailed(connection, PostgresError(kind: .connectionRefused, message: ""), now: now))
            return
        }
        open.insert(connection)
        apply(pool.connectSucceeded(connection, now: now))
    }

    private mutating func take(_ list: WritableKeyPath<PoolModelCheck, [Int]>) -> Int? {
        guard let index = self[keyPath: list].indices.randomElement(using: &generator) else { return nil }
        return self[keyPath: list].remove(at: index)
    }

    private mutating func apply(_ actions: [PoolStateMachine.Action]) {
        for action in actions {
            switch action {
            case .connect(let connection):
                #expect(!open.contains(connection) && !connecting.contains(connection), "seed \(seed)")
                connecting.append(connection)
            case .close(let connection):
                #expect(!leased.contains(connection), "seed \(seed): closed in use")
                #expect(open.remove(connection) != nil, "seed \(seed): closed twice")
            case .check(let connection):
                #expect(open.contains(connection) && !leased.contains(connection), "seed \(seed)")
                checking.append(connection)
            case .grant(let waiter, let connection):
                #expect(waiting.first == waiter, "seed \(seed): not the first in the queue")
                #expect(open.contains(connection), "seed \(seed): granted without a connection")
                #expect(!leased.contains(connection) && !checking.contains(connection), "seed \(seed): granted twice")
                waiting.removeAll { $0 == waiter }
                leased.append(connection)
            case .fail(let waiter, _):
                #expect(waiting.contains(waiter), "seed \(seed): answered twice")
                waiting.removeAll { $0 == waiter }
            case .finished:
                #expect(!isFinished, "seed \(seed)")
                isFinished = true
            }
        }
        let statistics = pool.statistics
        #expect(statistics.waiting == waiting.count, "seed \(seed)")
        #expect(statistics.connecting == connecting.count, "seed \(seed)")
        #expect(statistics.inUse == leased.count + checking.count, "seed \(seed)")
        #expect(open.count + connecting.count <= pool.configuration.size, "seed \(seed): larger than its size")
        #expect(connecting.count <= pool.configuration.concurrentConnects, "seed \(seed)")
        #expect(statistics.idle == 0 || waiting.isEmpty, "seed \(seed): somebody waits beside an idle connection")
    }
}
