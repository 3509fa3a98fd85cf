import Engine
import Scenarios
import Synchronization
import Testing

@testable import Faults

@Suite struct CacheStampedeTests {
    /// A cache whose hottest entry is gone by the time somebody deletes it, until another one is.
    private final class ElusiveCache: CacheAccess {
        private struct Unused: Error {}

        let place = "a cache of the test's"
        private let looks = Mutex(0)
        let deleted = Mutex<[String]>([])

        func hottest(_ prefix: String) async throws -> String? {
            looks.withLock { looks in
                looks += 1
                return looks == 1 ? "gone" : "hot"
            }
        }

        func delete(_ keys: [String]) async throws -> Int {
            deleted.withLock { $0 += keys }
            return keys.count { $0 == "hot" }
        }

        func keys(_ prefix: String, limit: Int) async throws -> [String] { throw Unused() }
        func entries(_ keys: [String]) async throws -> [String: CacheEntry] { throw Unused() }
        func put(_ entry: CacheEntry, for key: String) async throws -> Int { throw Unused() }
        func expire(_ keys: [String], over time: Duration) async throws -> Int { throw Unused() }
        func figures() async throws -> Observation { throw Unused() }
        func pressure() async throws -> CachePressure { throw Unused() }
    }

    @Test func anEntryThatIsNeverMetIsGivenUpForAnother() async throws {
        let cache = ElusiveCache()
        var target = ResolvedTarget(id: "cache")
        target.cache = cache
        let course = try FaultCourse("cache.stampede", ["every": "5ms"], on: target)
        try await course.run { try await Task.sleep(for: .milliseconds(60)) }
        let deleted = cache.deleted.withLock { $0 }
        #expect(deleted.first == "gone" && deleted.count { $0 == "gone" } == 1)
        #expect(deleted.count > 2)
    }
}
