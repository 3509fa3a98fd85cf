import Foundation
import LinuxSystem
import NIOCore
import PlainHTTP
import Postgres
import PostgresFixture
import Redis
import RedisFixture
import Testing

@testable import bookshop

/// The result cache over each place of its entries: what is read back, and what is not.
@Suite(.enabled(if: FixtureRedis.isAvailable, "no redis-server"))
struct CacheStoreTests {
    private static let tags: Set<CacheTag> = [.ordersOf(book: 1)]

    private func policy(_ change: (inout CachePolicy) -> Void = { _ in }) -> CachePolicy {
        var policy = CachePolicy(timeToLive: .seconds(60))
        change(&policy)
        return policy
    }

    private func count(_ metrics: Metrics, _ result: String) -> UInt64 {
        metrics.cacheRequests.values.first { $0.labels == [result] }?.count ?? 0
    }

    /// Asks until the cache answers by itself: what was loaded is kept beside the answers.
    private func settle(_ cache: ResultCache, _ metrics: Metrics, _ value: UInt8 = 1) async throws {
        let hits = count(metrics, "hit")
        let end = ContinuousClock.now + .seconds(5)
        while count(metrics, "hit") == hits, ContinuousClock.now < end {
            _ = try await ask(cache, value)
            try await Task.sleep(for: .milliseconds(2))
        }
        #expect(count(metrics, "hit") > hits)
    }

    private func ask(_ cache: ResultCache, _ value: UInt8) async throws -> [UInt8] {
        try await cache.value(for: "k", dependingOn: Self.tags) { () async throws(ServiceError) in [value] }
    }

    private func checkPlace(_ store: any CacheStore, _ write: @Sendable ([UInt8]) async throws -> Void) async throws {
        let metrics = Metrics()
        let cache = ResultCache(policy(), in: store, metrics: metrics)
        try await settle(cache, metrics)
        let kept = try await ask(cache, 2)
        #expect(kept == [1])
        guard case .found(let old) = try await store.read("k") else {
            Issue.record("nothing is kept")
            return
        }
        // A write of something else changes nothing, its own makes the answer unusable.
        cache.invalidate([.ordersOf(book: 2)])
        let still = try await ask(cache, 3)
        #expect(still == [1])
        cache.invalidate(Self.tags)
        let fresh = try await ask(cache, 4)
        #expect(fresh == [4])
        try await settle(cache, metrics, 4)

        // Put back as it was before the write; changed; cut; something else altogether.
        try await write(old)
        let afterOld = try await ask(cache, 5)
        #expect(afterOld == [5])
        #expect(count(metrics, "outdated") >= 1)
        for spoilt in [Array(old.dropLast()) + [9], Array(old.prefix(old.count / 2)), Array("{}".utf8)] {
            try await settle(cache, metrics, 5)
            let invalid = count(metrics, "invalid")
            try await write(spoilt)
            let answer = try await ask(cache, 6)
            #expect(answer == [6] || answer == [5])
            #expect(count(metrics, "invalid") == invalid + 1)
            cache.invalidate(Self.tags)
        }
    }

    @Test func inMemory() async throws {
        let store = MemoryStore(capacity: 10, timeout: .milliseconds(100))
        try await checkPlace(store) { _ = store.put($0, for: "k", lifetime: .seconds(60)) }
    }

    @Test func inRedis() async throws {
        try await FixtureRedis.with { redis in
            let client = RedisClient(address: redis.address)
            let store = RedisStore(client: RedisClient(address: redis.address), timeout: .seconds(2))
            try await checkPlace(store) { bytes in
                try await client.send([Array("SET".utf8), Array("bookshop:k".utf8), bytes], within: .seconds(2))
            }
            let lifetime = try await client.send("PTTL", "bookshop:k")
            // The last write of the check has none, an entry of the service always has.
            #expect(lifetime.number ?? 0 <= 60_000)
        }
    }

    @Test func aFullRedisFailsNoRequest() async throws {
        try await FixtureRedis.with(["--maxmemory", "1", "--maxmemory-policy", "noeviction"]) { redis in
            let metrics = Metrics()
            let store = RedisStore(client: RedisClient(address: redis.address), timeout: .seconds(2))
            let cache = ResultCache(policy(), in: store, metrics: metrics)
            for number in UInt8(0)..<10 {
                let answer = try await ask(cache, number)
                // Those that come while the first is still being refused share it.
                #expect(answer.count == 1)
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(count(metrics, "hit") == 0)
            #expect(count(metrics, "bypassed") == 0, "a cache that refuses is not down")
            #expect(metrics.cacheWrites.values.contains { $0.labels == ["error"] && $0.count > 0 })
        }
    }

    @Test func aCacheThatIsDownOrSlowFailsNoRequest() async throws {
        try await FixtureRedis.with { redis in
            let metrics = Metrics()
            let store = RedisStore(client: RedisClient(address: redis.address), timeout: .milliseconds(100))
            let cache = ResultCache(policy(), in: store, metrics: metrics)
            try await settle(cache, metrics)
            let process = try ProcessHandle(opening: try await redis.process)
            try process.send(.stop)
            let started = ContinuousClock.now
            for number in UInt8(0)..<50 {
                let answer = try await ask(cache, number)
                #expect(answer.count == 1)
                cache.invalidate(Self.tags)
            }
            let taken = started.duration(to: .now)
            #expect(taken < .seconds(2), "50 requests took \(taken)")
            #expect(count(metrics, "error") >= 1)
            #expect(count(metrics, "bypassed") > 20)
            try process.send(.resume)
            try await Task.sleep(for: .milliseconds(1100))
            try await settle(cache, metrics)
        }
    }

    // MARK: Single flight and writes

    @Test func aLoadThatBeganBeforeAWriteIsSharedNoMore() async throws {
        let metrics = Metrics()
        let cache = ResultCache(
            policy(), in: MemoryStore(capacity: 10, timeout: .milliseconds(100)), metrics: metrics)
        let (gate, open) = AsyncStream<Void>.makeStream()
        async let slow = cache.value(for: "k", dependingOn: Self.tags) { () async throws(ServiceError) in
            var iterator = gate.makeAsyncIterator()
            _ = await iterator.next()
            return [1]
        }
        while count(metrics, "miss") == 0 { try await Task.sleep(for: .milliseconds(1)) }
        cache.invalidate(Self.tags)
        // Would wait for ever if it shared the load.
        let fresh = try await ask(cache, 2)
        #expect(fresh == [2])
        open.yield()
        let old = try await slow
        #expect(old == [1])
        let after = try await ask(cache, 3)
        #expect(after == [2], "the older load was kept over the newer one")
    }

    @Test func expiredAnswersOnlyForWantOfTheDatabase() async throws {
        for (stale, code, isServed) in [
            (Duration.seconds(60), ErrorCode.databaseUnavailable, true), (.zero, .databaseUnavailable, false),
            (.seconds(60), .databaseError, false),
        ] {
            let metrics = Metrics()
            let policy = CachePolicy(timeToLive: .milliseconds(20), staleIfError: stale)
            let cache = ResultCache(
                policy, in: MemoryStore(capacity: 10, timeout: .milliseconds(100)), metrics: metrics)
            _ = try await ask(cache, 1)
            try await Task.sleep(for: .milliseconds(40))
            let answer = try? await cache.value(for: "k", dependingOn: Self.tags) { () async throws(ServiceError) in
                throw ServiceError(code, "no")
            }
            #expect(answer == (isServed ? [1] : nil))
            #expect(metrics.cacheStale.value == (isServed ? 1 : 0))
            // Never what a write has made stale.
            cache.invalidate(Self.tags)
            let outdated = try? await cache.value(for: "k", dependingOn: Self.tags) { () async throws(ServiceError) in
                throw ServiceError(code, "no")
            }
            #expect(outdated == nil)
        }
    }

    // MARK: Weaknesses

    private func loads(sharing: Bool) async throws -> UInt64 {
        let metrics = Metrics()
        let cache = ResultCache(
            policy { $0.sharesLoads = sharing }, in: MemoryStore(capacity: 10, timeout: .milliseconds(100)),
            metrics: metrics)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    _ = try await cache.value(for: "k") { () async throws(ServiceError) in
                        await Task.detached { try? await Task.sleep(for: .milliseconds(100)) }.value
                        return [1]
                    }
                }
            }
            try await group.waitForAll()
        }
        return metrics.cacheLoads.value
    }

    @Test func theWeaknessesShow() async throws {
        let shared = try await loads(sharing: true)
        let each = try await loads(sharing: false)
        #expect(shared == 1)
        #expect(each == 20)

        func afterWrite(_ change: (inout CachePolicy) -> Void, putBack: Bool = false, trusts: Bool = false) async throws
            -> [UInt8]
        {
            let store = MemoryStore(capacity: 10, timeout: .milliseconds(100))
            var policy = CachePolicy(timeToLive: .milliseconds(30))
            change(&policy)
            let cache = ResultCache(policy, in: store, seal: CacheSeal(verifies: !trusts), metrics: Metrics())
            _ = try await ask(cache, 1)
            let old = try #require(store.value(of: "k")).bytes
            if trusts {
                _ = store.put(Array(old.dropLast()) + [9], for: "k", lifetime: .seconds(9))
                return try await ask(cache, 2)
            }
            cache.invalidate(Self.tags)
            if putBack {
                try await Task.sleep(for: .milliseconds(50))
                _ = store.put(old, for: "k", lifetime: .seconds(9))
            }
            return try await ask(cache, 2)
        }
        let healthy = try await afterWrite({ _ in }, putBack: true)
        let stale = try await afterWrite({ $0.invalidates = false })
        let expired = try await afterWrite({ $0.respectsExpiry = false }, putBack: true)
        let spoilt = try await afterWrite({ _ in }, trusts: true)
        #expect(healthy == [2])
        #expect(stale == [1])
        #expect(expired == [1])
        #expect(spoilt == [9])
    }

    @Test func theBreakerLetsOneTry() {
        let start = ContinuousClock.now
        var breaker = CircuitBreaker(threshold: 2, pause: .seconds(1))
        breaker.failed(now: start)
        func mayTry(after milliseconds: Int) -> Bool {
            breaker.mayTry(now: start.advanced(by: .milliseconds(milliseconds)))
        }
        let afterOne = mayTry(after: 0)
        breaker.failed(now: start)
        let tries = [mayTry(after: 999), mayTry(after: 1000), mayTry(after: 1000)]
        breaker.succeeded()
        let closed = mayTry(after: 1000)
        breaker.failed(now: start)
        let afterSuccess = mayTry(after: 0)
        #expect(afterOne && closed)
        #expect(tries == [false, true, false], "one may try, and nobody with it")
        #expect(afterSuccess, "one failure after a success is not two in a row")
    }
}
