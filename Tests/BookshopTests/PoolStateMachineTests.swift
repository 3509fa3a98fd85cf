import Postgres
import Testing

@testable import bookshop

@Suite struct PoolStateMachineTests {
    private typealias Action = PoolStateMachine.Action
    private let start = ContinuousClock.now
    private let refused = PostgresError(kind: .connectionRefused, message: "refused")

    private func at(_ milliseconds: Int) -> ContinuousClock.Instant {
        start.advanced(by: .milliseconds(milliseconds))
    }

    private func machine(_ change: (inout PoolConfiguration) -> Void = { _ in }) -> PoolStateMachine {
        var configuration = PoolConfiguration()
        configuration.size = 3
        change(&configuration)
        return PoolStateMachine(configuration: configuration, jitterSeed: 7)
    }

    /// A pool with this many idle connections, numbered from 0, at the start time.
    private func warm(_ count: Int, _ change: (inout PoolConfiguration) -> Void = { _ in }) -> PoolStateMachine {
        var pool = machine(change)
        _ = pool.start(now: start)
        for waiter in 0..<count { _ = pool.checkout(UInt64(1000 + waiter), now: start) }
        for connection in 0..<count { _ = pool.connectSucceeded(connection, now: start) }
        for connection in 0..<count { _ = pool.checkin(connection, isReusable: true, now: start) }
        return pool
    }

    @Test func theFirstConnectionIsOpenedAtTheStart() {
        var pool = machine()
        #expect(pool.start(now: start) == [.connect(0)])
        #expect(pool.start(now: start) == [])
        #expect(pool.connectSucceeded(0, now: at(1)) == [])
        #expect(pool.statistics == PoolStatistics(size: 3, idle: 1))
    }

    @Test func anIdleConnectionIsGrantedAtOnce() {
        var pool = warm(1)
        #expect(pool.checkout(1, now: start) == [.grant(1, 0)])
        #expect(pool.statistics == PoolStatistics(size: 3, inUse: 1))
    }

    @Test func theConnectionUsedLastIsHandedOutFirst() {
        var pool = warm(3)
        #expect(pool.checkout(1, now: start) == [.grant(1, 2)])
        #expect(pool.checkout(2, now: start) == [.grant(2, 1)])
        #expect(pool.checkin(2, isReusable: true, now: start) == [])
        #expect(pool.checkout(3, now: start) == [.grant(3, 2)])
    }

    @Test func itGrowsToItsSizeAndNoFurther() {
        var pool = warm(1)
        #expect(pool.checkout(1, now: start) == [.grant(1, 0)])
        #expect(pool.checkout(2, now: start) == [.connect(1)])
        #expect(pool.checkout(3, now: start) == [.connect(2)])
        #expect(pool.checkout(4, now: start) == [])
        #expect(pool.statistics == PoolStatistics(size: 3, inUse: 1, connecting: 2, waiting: 3))
    }

    @Test func waitersAreServedInOrder() {
        var pool = warm(1) { $0.size = 1 }
        _ = pool.checkout(1, now: start)
        #expect(pool.checkout(2, now: start) == [])
        #expect(pool.checkout(3, now: start) == [])
        #expect(pool.checkin(0, isReusable: true, now: at(1)) == [.grant(2, 0)])
        #expect(pool.checkin(0, isReusable: true, now: at(2)) == [.grant(3, 0)])
        #expect(pool.checkin(0, isReusable: true, now: at(3)) == [])
    }

    @Test func aLateCheckoutDoesNotOvertakeAWaiter() {
        var pool = warm(1) { $0.size = 1 }
        _ = pool.checkout(1, now: start)
        _ = pool.checkout(2, now: start)
        #expect(pool.checkin(0, isReusable: true, now: at(1)) == [.grant(2, 0)])
        #expect(pool.checkout(3, now: at(1)) == [])
    }

    @Test func aCheckoutTimesOutWhenAllAreInUse() {
        var pool = warm(1) { $0.size = 1 }
        _ = pool.checkout(1, now: start)
        _ = pool.checkout(2, now: start)
        _ = pool.checkout(3, now: at(500))
        #expect(pool.nextDeadline == at(2000))
        #expect(pool.timePassed(now: at(1999)) == [])
        #expect(pool.timePassed(now: at(2000)) == [.fail(2, .timedOut(.seconds(2)))])
        #expect(pool.nextDeadline == at(2500))
        #expect(pool.statistics.waiting == 1)
    }

    @Test func aCheckoutSaysWhyThereIsNoConnectionAtAll() {
        var pool = machine()
        _ = pool.start(now: start)
        _ = pool.checkout(1, now: start)
        _ = pool.connectFailed(0, refused, now: at(1))
        #expect(pool.timePassed(now: at(2000)).first == .fail(1, .unavailable(refused)))
    }

    @Test func anOldConnectFailureIsForgottenOnSuccess() {
        var pool = machine { $0.size = 1 }
        _ = pool.start(now: start)
        _ = pool.connectFailed(0, refused, now: start)
        #expect(pool.timePassed(now: at(100)) == [.connect(0)])
        _ = pool.connectSucceeded(0, now: at(100))
        _ = pool.checkout(1, now: at(100))
        _ = pool.checkout(2, now: at(100))
        #expect(pool.timePassed(now: at(2100)) == [.fail(2, .timedOut(.seconds(2)))])
    }

    @Test func aCancelledWaiterIsRemoved() {
        var pool = warm(1) { $0.size = 1 }
        _ = pool.checkout(1, now: start)
        _ = pool.checkout(2, now: start)
        _ = pool.checkout(3, now: start)
        #expect(pool.waiterCancelled(2, now: start) == [.fail(2, .cancelled)])
        #expect(pool.waiterCancelled(2, now: start) == [])
        #expect(pool.checkin(0, isReusable: true, now: start) == [.grant(3, 0)])
        #expect(pool.waiterCancelled(3, now: start) == [], "served already: it must check in")
    }

    @Test func aBrokenConnectionIsReplaced() {
        var pool = warm(1)
        _ = pool.checkout(1, now: start)
        #expect(pool.checkin(0, isReusable: false, now: start) == [.close(0)])
        #expect(pool.statistics.idle == 0)
        // The first reconnection waits for at most the base of the backoff.
        #expect(pool.timePassed(now: at(50)) == [.connect(0)])
        #expect(pool.connectSucceeded(0, now: at(51)) == [])
        #expect(pool.checkout(2, now: at(52)) == [.grant(2, 0)])
    }

    @Test func theWeaknessKeepsABrokenConnection() {
        var pool = warm(1) { $0.replacesBrokenConnections = false }
        _ = pool.checkout(1, now: start)
        #expect(pool.checkin(0, isReusable: false, now: start) == [])
        #expect(pool.checkout(2, now: start) == [.grant(2, 0)])
        _ = pool.checkin(0, isReusable: false, now: start)
        #expect(pool.timePassed(now: at(5000)) == [.check(0)])
        #expect(pool.checkFailed(0, now: at(5001)) == [])
        #expect(pool.checkout(3, now: at(5002)) == [.grant(3, 0)])
    }

    @Test func failedConnectsBackOffUpToTheCap() {
        var pool = machine { $0.size = 1 }
        _ = pool.start(now: start)
        var now = start
        var waits: [Duration] = []
        for _ in 0..<40 {
            #expect(pool.connectFailed(0, refused, now: now) == [])
            guard let next = pool.nextDeadline else {
                Issue.record("no deadline for the next attempt")
                return
            }
            waits.append(now.duration(to: next))
            now = next
            #expect(pool.timePassed(now: now) == [.connect(0)])
        }
        for (attempt, wait) in waits.enumerated() {
            let bound = min(Duration.seconds(2), .milliseconds(50) * (1 << min(attempt, 16)))
            #expect(wait >= .zero && wait <= bound, "attempt \(attempt)")
        }
        #expect(waits.suffix(20).contains { $0 > .seconds(1) }, "the jitter uses the whole range")
        #expect(Set(waits).count > 30, "every wait is drawn anew")
    }

    @Test func fewConnectionsAreMadeAtOnce() {
        var pool = machine {
            $0.size = 10
            $0.concurrentConnects = 2
        }
        _ = pool.start(now: start)
        for waiter in 1...10 { _ = pool.checkout(UInt64(waiter), now: start) }
        #expect(pool.statistics.connecting == 2)
        #expect(pool.connectSucceeded(0, now: at(1)) == [.grant(1, 0)])
        // The freed place is used at the next occasion.
        #expect(pool.timePassed(now: at(1)) == [.connect(2)])
    }

    @Test func idleConnectionsAreClosedButTheLast() {
        var pool = warm(3) { $0.healthCheckInterval = .seconds(3600) }
        #expect(pool.nextDeadline == at(60_000))
        let actions = pool.timePassed(now: at(60_000))
        #expect(actions == [.close(0), .close(1)])
        #expect(pool.statistics == PoolStatistics(size: 3, idle: 1))
        #expect(pool.timePassed(now: at(120_000)) == [])
    }

    @Test func idleConnectionsAreChecked() {
        var pool = warm(2)
        #expect(pool.nextDeadline == at(5000))
        #expect(pool.timePassed(now: at(5000)) == [.check(0), .check(1)])
        #expect(pool.statistics == PoolStatistics(size: 3, inUse: 2))
        #expect(pool.checkSucceeded(0, now: at(5001)) == [])
        #expect(pool.checkFailed(1, now: at(5002)) == [.close(1)])
        #expect(pool.timePassed(now: at(5052)) == [.connect(1)])
        #expect(pool.nextDeadline == at(10_001))
    }

    @Test func aCheckDoesNotMakeAConnectionYounger() {
        var pool = warm(2) { $0.healthCheckInterval = .seconds(50) }
        _ = pool.timePassed(now: at(50_000))
        _ = pool.checkSucceeded(0, now: at(50_000))
        _ = pool.checkSucceeded(1, now: at(50_000))
        #expect(pool.timePassed(now: at(60_000)) == [.close(0)])
    }

    @Test func aCheckedConnectionGoesToAWaiter() {
        var pool = warm(1) { $0.size = 1 }
        _ = pool.timePassed(now: at(5000))
        #expect(pool.checkout(1, now: at(5001)) == [])
        #expect(pool.checkSucceeded(0, now: at(5002)) == [.grant(1, 0)])
    }

    @Test func shutdownFailsWaitersAndClosesConnectionsAsTheyComeBack() {
        var pool = warm(2) { $0.size = 2 }
        _ = pool.checkout(1, now: start)
        _ = pool.checkout(2, now: start)
        _ = pool.checkout(3, now: start)
        #expect(pool.shutDown(now: start) == [.fail(3, .shuttingDown)])
        #expect(pool.checkout(4, now: start) == [.fail(4, .shuttingDown)])
        #expect(pool.checkin(0, isReusable: true, now: at(1)) == [.close(0)])
        #expect(pool.checkin(1, isReusable: false, now: at(2)) == [.close(1), .finished])
        #expect(pool.shutDown(now: at(3)) == [])
    }

    @Test func shutdownWaitsForAConnectionBeingMade() {
        var pool = machine()
        _ = pool.start(now: start)
        #expect(pool.shutDown(now: start) == [])
        #expect(pool.connectSucceeded(0, now: at(1)) == [.close(0), .finished])
    }

    @Test func shutdownOfAnUnusedPoolEndsAtOnce() {
        var pool = warm(1)
        #expect(pool.shutDown(now: start) == [.close(0), .finished])
        #expect(pool.nextDeadline == nil)
    }

    @Test func shutdownWhileBackingOffEndsAtOnce() {
        var pool = machine()
        _ = pool.start(now: start)
        _ = pool.connectFailed(0, refused, now: start)
        #expect(pool.shutDown(now: start) == [.finished])
    }

    /// Random events against the rules that must always hold.
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func itKeepsItsPromisesUnderRandomEvents(seed: UInt64) {
        var check = PoolModelCheck(seed: seed)
        check.run(events: 3000)
    }
}
