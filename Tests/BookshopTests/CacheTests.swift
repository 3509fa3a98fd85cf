import SeededRandom
import Testing

@testable import bookshop

@Suite struct CacheTests {
    private let start = ContinuousClock.now

    private func hit(_ lookup: LRUCache<Int, Int>.Lookup) -> Int? {
        if case .hit(let value) = lookup { value } else { nil }
    }

    @Test func entriesExpire() {
        var cache = LRUCache<Int, Int>(capacity: 2)
        cache.insert(10, for: 1, expiry: start.advanced(by: .seconds(1)))
        #expect(hit(cache.lookup(1, now: start)) == 10)
        guard case .expired = cache.lookup(1, now: start.advanced(by: .seconds(1))) else {
            Issue.record("not expired")
            return
        }
        #expect(cache.count == 0)
    }

    @Test func theLeastRecentlyUsedGoesFirst() {
        var cache = LRUCache<Int, Int>(capacity: 2)
        let expiry = start.advanced(by: .seconds(1))
        #expect(cache.insert(10, for: 1, expiry: expiry) == 0)
        #expect(cache.insert(20, for: 2, expiry: expiry) == 0)
        _ = cache.lookup(1, now: start)
        #expect(cache.insert(30, for: 3, expiry: expiry) == 1)
        #expect(hit(cache.lookup(1, now: start)) == 10)
        #expect(hit(cache.lookup(2, now: start)) == nil)
        #expect(hit(cache.lookup(3, now: start)) == 30)
    }

    /// Against a plain list in order of use.
    @Test func itBehavesLikeAList() {
        var generator = SeededGenerator(seed: 5)
        var cache = LRUCache<Int, Int>(capacity: 8)
        var list: [(key: Int, value: Int)] = []
        for step in 0..<20_000 {
            let key = Int.random(in: 0..<16, using: &generator)
            let index = list.firstIndex { $0.key == key }
            if Bool.random(using: &generator) {
                let found = hit(cache.lookup(key, now: start))
                #expect(found == index.map { list[$0].value })
                if let index { list.append(list.remove(at: index)) }
            } else {
                let evicted = cache.insert(step, for: key, expiry: start.advanced(by: .seconds(1)))
                if let index { list.remove(at: index) }
                list.append((key, step))
                if list.count > 8 {
                    list.removeFirst()
                    #expect(evicted == 1)
                } else {
                    #expect(evicted == 0)
                }
            }
            #expect(cache.count == list.count)
        }
    }

    @Test func manyCallersShareOneLoad() async throws {
        let metrics = Metrics()
        let cache = Self.cache(.seconds(60), capacity: 10, metrics)
        let loads = Counter()
        let results = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await cache.value(for: "k") { () async throws(ServiceError) in
                        loads.increment()
                        await Task.detached { try? await Task.sleep(for: .milliseconds(100)) }.value
                        return [1, 2, 3]
                    }
                }
            }
            return try await group.reduce(into: [[UInt8]]()) { $0.append($1) }
        }
        #expect(results.count == 50 && results.allSatisfy { $0 == [1, 2, 3] })
        #expect(loads.value == 1)
        #expect(count(metrics, "miss") == 1)
        #expect(count(metrics, "coalesced") + count(metrics, "hit") == 49)
    }

    @Test func errorsAreNotKept() async throws {
        let cache = Self.cache(.seconds(60), capacity: 10, Metrics())
        let error = await #expect(throws: ServiceError.self) {
            try await cache.value(for: "k") { () async throws(ServiceError) in
                throw ServiceError(.poolTimeout, "full")
            }
        }
        #expect(error?.code == .poolTimeout)
        let value = try await cache.value(for: "k") { () async throws(ServiceError) in [7] }
        #expect(value == [7])
    }

    @Test func theOutcomesAreCounted() async throws {
        let metrics = Metrics()
        let cache = Self.cache(.milliseconds(80), capacity: 1, metrics)
        for key in ["a", "a", "b"] {
            _ = try await cache.value(for: key) { () async throws(ServiceError) in [1] }
        }
        try await Task.sleep(for: .milliseconds(120))
        _ = try await cache.value(for: "b") { () async throws(ServiceError) in [1] }
        #expect(count(metrics, "hit") == 1)
        #expect(count(metrics, "miss") == 2)
        #expect(count(metrics, "expired") == 1)
        #expect(metrics.cacheEvictions.value == 1)
        #expect(cache.count == 1)
    }

    private static func cache(_ timeToLive: Duration, capacity: Int, _ metrics: Metrics) -> ResultCache {
        ResultCache(
            CachePolicy(timeToLive: timeToLive), in: MemoryStore(capacity: capacity, timeout: .milliseconds(100)),
            metrics: metrics)
    }

    private func count(_ metrics: Metrics, _ result: String) -> UInt64 {
        metrics.cacheRequests.values.first { $0.labels == [result] }?.count ?? 0
    }
}
