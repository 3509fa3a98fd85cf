import Engine
import Glibc
import Journal
import LinuxSystem
import Postgres
import PostgresFixture
import Scenarios
import Testing

@testable import Faults

/// The same faults on the caches that are no Redis: bookshop's memory and its table.
@Suite(.enabled(if: FixtureCluster.isAvailable, "no PostgreSQL"), .fixtureCluster, .serialized)
struct CachePlaceTests {
    private func withTable(_ body: (CacheTable) async throws -> Void) async throws {
        let connection = try #require(FixtureCluster.current).connectionString
        let session = try await PostgresSession.connect(connection)
        defer { session.close() }
        try await session.execute(
            """
            CREATE SCHEMA IF NOT EXISTS bookshop;
            CREATE UNLOGGED TABLE IF NOT EXISTS bookshop.cache
                (key text PRIMARY KEY, value text NOT NULL, expiry timestamptz NOT NULL);
            TRUNCATE bookshop.cache
            """)
        try await body(CacheTable(database: DatabaseAccess(connection: connection)))
    }

    /// Needs no database: what is in the cache was put there by the test.
    private func withMemory(_ body: (ControlledCache) async throws -> Void) async throws {
        let port = try FixtureCluster.freePort()
        let token = "0123456789abcdef0123456789abcdef"
        let handle = try SpawnRequest(
            try ProgramFolder.path(of: "bookshop"),
            [
                "serve", "--no-auth", "--port", "\(port)", "--database", "host=/nowhere", "--cache-entries", "20",
                "--cache-ttl", "60s",
            ], environment: ["BOOKSHOP_CONTROL_TOKEN": token], directory: "/", newSession: true
        ).start()
        let cache = ControlledCache(url: "http://127.0.0.1:\(port)/control/cache", token: token)
        let outcome: Result<Void, any Error>
        do {
            let end = MonotonicClock.now() + .seconds(10)
            while (try? await cache.figures()) == nil, MonotonicClock.now() < end {
                try await Task.sleep(for: .milliseconds(20))
            }
            outcome = .success(try await body(cache))
        } catch {
            outcome = .failure(error)
        }
        try handle.send(.kill)
        _ = try handle.reap()
        try outcome.get()
    }

    private func course(
        _ name: String, _ parameters: [String: String] = [:], on cache: any CacheAccess
    ) throws -> FaultCourse {
        var target = ResolvedTarget(id: "app")
        target.cache = cache
        return try FaultCourse(name, parameters, on: target, nil)
    }

    private func fill(_ cache: any CacheAccess) async throws {
        for number in 0..<10 {
            let entry = CacheEntry(bytes: Array("{\"n\":\(number + 1)}".utf8), remaining: .seconds(60))
            _ = try await cache.put(entry, for: "k\"\(number)\\")
        }
    }

    private func check(_ cache: any CacheAccess) async throws {
        try await fill(cache)
        try await course("cache.invalidate", ["share": "30%"], on: cache).run {
            let left = try await cache.keys("k", limit: 100).count
            #expect(left == 7)
        }
        try await fill(cache)
        try await course("cache.poison", on: cache).run {
            let value = try await cache.entries(["k\"4\\"])["k\"4\\"]
            #expect(value?.bytes == Array("{\"n\":6}".utf8))
        }
        let afterPoison = try await cache.keys("", limit: 100)
        #expect(afterPoison == [])
        try await fill(cache)
        let deleter = Task {
            try await Task.sleep(for: .milliseconds(200))
            return try await cache.delete(["k\"1\\"])
        }
        try await course("cache.stale", ["every": "20ms"], on: cache).run {
            let value = try await cache.entries(["k\"1\\"])["k\"1\\"]
            #expect(value?.bytes == Array("{\"n\":2}".utf8))
        }
        let deleted = try await deleter.value
        #expect(deleted == 1)
        let afterStale = try await cache.keys("k", limit: 100).count
        #expect(afterStale == 9)
        try await course("cache.stampede", ["key": "k\"3"], on: cache).run {
            let value = try await cache.entries(["k\"3\\"])
            #expect(value.isEmpty)
        }
        try await fill(cache)
        try await course("cache.expire", ["over": "600ms"], on: cache).run {
            try await Task.sleep(for: .milliseconds(250))
            let left = try await cache.keys("k", limit: 100).count
            #expect((1...8).contains(left), "\(left)")
        }
        // One of another type is for a Redis only.
        #expect(throws: FaultError.self) { _ = try course("cache.poison", ["kind": "type"], on: cache) }
    }

    @Test func inTheTable() async throws {
        try await withTable { cache in
            try await check(cache)
            #expect(throws: FaultError.self) { _ = try course("cache.slow", ["latency": "1s"], on: cache) }
            let evict = try course("cache.evict", on: cache).fault
            await #expect(throws: FaultError.self) { _ = try await evict.plan() }
            let stampede = try course("cache.stampede", on: cache).fault
            let change = try #require(try await stampede.plan().first)
            await #expect(throws: FaultError.self) { try await change.apply() }
        }
    }

    @Test func inMemory() async throws {
        try await withMemory { cache in
            try await check(cache)
            try await fill(cache)
            try await course("cache.evict", on: cache).run {
                let left = try await cache.keys("k", limit: 100).count
                #expect(left == 0)
            }
            let foreign = try await cache.keys("brink", limit: 100)
            #expect(foreign == [])
            try await cache.setDelay(.milliseconds(3))
            try await course("cache.slow", ["latency": "150ms"], on: cache).run {
                let delay = try await cache.delay()
                #expect(delay == .milliseconds(150))
            }
            let delay = try await cache.delay()
            #expect(delay == .milliseconds(3))
        }
    }

    /// A service that ended took what was changed with it.
    @Test func aServiceThatEndedLeavesNothing() async throws {
        let slow = try await withEnded("cache.slow", ["latency": "150ms"])
        #expect(!slow.isResidue, "\(slow)")
    }

    private func withEnded(_ name: String, _ parameters: [String: String]) async throws -> UndoOutcome {
        var undo: (@Sendable () async -> UndoOutcome)?
        try await withMemory { cache in
            let change = try #require(try await course(name, parameters, on: cache).fault.plan().first)
            try await change.apply()
            if case .inProcess(let body) = change.undo { undo = body }
        }
        let body = try #require(undo)
        return await body()
    }
}
