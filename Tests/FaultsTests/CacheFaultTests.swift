import Engine
import Journal
import LinuxSystem
import Redis
import RedisFixture
import Scenarios
import Testing

@testable import Faults

/// Faults of a cache on a real Redis.
@Suite(.enabled(if: FixtureRedis.isAvailable, "no redis-server"))
struct CacheFaultTests {
    private struct Scene: Sendable {
        let redis: FixtureRedis
        let target: ResolvedTarget
        let client: RedisClient

        func fill(_ count: Int = 100) async throws {
            for number in 0..<count {
                try await client.send("SET", "k:\(number)", "{\"id\":\(number + 1)}", "PX", "60000")
            }
        }

        func keys() async throws -> Int { Int(try await client.send("DBSIZE").number ?? -1) }

        func course(_ name: String, _ parameters: [String: String] = [:]) throws -> FaultCourse {
            try FaultCourse(name, parameters, on: target, nil)
        }
    }

    private func withRedis(
        _ settings: [String] = [], isForeign: Bool = false, _ body: @Sendable (Scene) async throws -> Void
    ) async throws {
        try await FixtureRedis.with(settings) { redis in
            var target = ResolvedTarget(id: "cache")
            let server = RedisAccess.Server(try await redis.process) {
                let process = try redis.spawn()
                Task { await redis.note(process) }
                return process
            }
            let access = RedisAccess(address: redis.address, server: isForeign ? nil : server)
            target.cache = access
            target.redis = isForeign ? nil : access
            let scene = Scene(redis: redis, target: target, client: RedisClient(address: redis.address))
            try await body(scene)
        }
    }

    @Test func entriesExpireTogetherOrOneByOne() async throws {
        try await withRedis { scene in
            try await scene.fill()
            try await scene.course("cache.expire", ["prefix": "k:1"]).run {
                // k:1 and k:10 to k:19; DBSIZE counts them until Redis comes round to them.
                let end = MonotonicClock.now() + .seconds(5)
                while try await scene.keys() != 89, MonotonicClock.now() < end {
                    try await Task.sleep(for: .milliseconds(20))
                }
                let left = try await scene.keys()
                #expect(left == 89)
            }
            try await scene.course("cache.expire", ["over": "2s"]).run {
                try await Task.sleep(for: .milliseconds(700))
                let left = try await scene.keys()
                #expect((30...80).contains(left), "\(left) after a third of the time")
            }
        }
    }

    @Test func anEmptyCacheIsNeverCalledExpired() async throws {
        try await withRedis { scene in
            await #expect(throws: FaultError.self) {
                try await scene.course("cache.expire").run(within: .milliseconds(300)) {}
            }
        }
    }

    @Test func aShareIsInvalidatedAgainAndAgain() async throws {
        try await withRedis { scene in
            try await scene.fill()
            try await scene.course("cache.invalidate", ["share": "40%"]).run {
                let left = try await scene.keys()
                #expect(left == 60)
            }
            try await scene.course("cache.invalidate", ["every": "50ms"]).run {
                try await scene.fill(10)
                try await Task.sleep(for: .milliseconds(200))
                let left = try await scene.keys()
                #expect(left == 0)
            }
            try await scene.fill(10)
            try await Task.sleep(for: .milliseconds(150))
            let left = try await scene.keys()
            #expect(left == 10, "it went on after its end")
        }
    }

    @Test(arguments: [("wrong", "{\"id\":8}"), ("truncated", "{\"id")])
    func poisonIsThereAndIsTakenBack(_ kind: String, _ expected: String) async throws {
        try await withRedis { scene in
            try await scene.fill(10)
            try await scene.course("cache.poison", ["kind": kind]).run {
                let value = try await scene.client.send("GET", "k:6")
                #expect(value.text == expected)
                // What is put there meanwhile is nobody's poison.
                try await scene.client.send("SET", "k:6", "new")
            }
            let kept = try await scene.client.send("GET", "k:6")
            #expect(kept.text == "new")
            let left = try await scene.keys()
            #expect(left == 1)
        }
    }

    @Test func aValueOfAnotherType() async throws {
        try await withRedis { scene in
            try await scene.fill(5)
            try await scene.course("cache.poison", ["kind": "type"]).run {
                let type = try await scene.client.send("TYPE", "k:3")
                #expect(type.text == "list")
            }
            let left = try await scene.keys()
            #expect(left == 0)
        }
    }

    @Test func deletedEntriesComeBackAsTheyWere() async throws {
        try await withRedis { scene in
            try await scene.fill(5)
            let course = try scene.course("cache.stale", ["every": "20ms"])
            let deleter = Task {
                while !Task.isCancelled {
                    try await Task.sleep(for: .milliseconds(100))
                    try await scene.client.send("DEL", "k:2")
                }
            }
            try await course.run {
                try await scene.client.send("SET", "k:3", "newer")
                try await Task.sleep(for: .milliseconds(150))
                let value = try await scene.client.send("GET", "k:3")
                #expect(value.text == "{\"id\":4}")
            }
            deleter.cancel()
            _ = await deleter.result
            let gone = try await scene.client.send("GET", "k:3")
            #expect(gone == .null, "what was put back is left")
            let other = try await scene.client.send("GET", "k:1")
            #expect(other.text == "{\"id\":2}")
        }
    }

    @Test func theHottestEntryIsDeleted() async throws {
        try await withRedis { scene in
            try await scene.fill(5)
            let reader = Task {
                while !Task.isCancelled {
                    for key in ["k:4", "k:4", "k:1"] { try await scene.client.send("GET", key) }
                    try await Task.sleep(for: .milliseconds(5))
                }
            }
            try await scene.course("cache.stampede", ["every": "50ms"]).run {
                try await scene.client.send("SET", "k:4", "again")
                try await Task.sleep(for: .milliseconds(200))
                let value = try await scene.client.send("GET", "k:4")
                #expect(value == .null)
            }
            reader.cancel()
            _ = await reader.result
            let left = try await scene.keys()
            #expect(left == 4)
        }
    }

    @Test func foreignEntriesDisplaceOthers() async throws {
        try await withRedis(["--maxmemory", "4mb", "--maxmemory-policy", "allkeys-lru"]) { scene in
            try await scene.fill()
            try await scene.course("cache.evict").run {
                let left = try await scene.client.send("KEYS", "k:*")
                #expect(left.elements?.count ?? 100 < 100)
            }
            let keys = try await scene.client.send("KEYS", "brink-*")
            #expect(keys == .array([]))
        }
    }

    @Test func whatNeverEvictsIsRefused() async throws {
        try await withRedis { scene in
            let fault = try scene.course("cache.evict").fault
            await #expect(throws: FaultError.self) { _ = try await fault.plan() }
        }
        try await withRedis(["--maxmemory", "4mb", "--maxmemory-policy", "noeviction"]) { scene in
            let fault = try scene.course("cache.evict").fault
            await #expect(throws: FaultError.self) { _ = try await fault.plan() }
        }
    }

    @Test func answersComeLate() async throws {
        try await withRedis(isForeign: true) { scene in
            try await scene.course("cache.slow", ["latency": "200ms"]).run {
                var late = 0
                for _ in 0..<5 {
                    try await Task.sleep(for: .milliseconds(20))
                    let start = MonotonicClock.now()
                    try await scene.client.send("PING")
                    if MonotonicClock.now() - start > .milliseconds(80) { late += 1 }
                }
                #expect(late >= 3)
            }
            let start = MonotonicClock.now()
            for _ in 0..<10 { try await scene.client.send("PING") }
            #expect(MonotonicClock.now() - start < .milliseconds(150))
        }
    }

    @Test func memoryAndPolicyComeBackExactly() async throws {
        try await withRedis(["--maxmemory", "5000001", "--maxmemory-policy", "volatile-ttl"]) { scene in
            let access = try #require(scene.target.redis)
            let course = try scene.course("cache.memory", ["maxMemory": "1MiB", "policy": "noeviction"])
            try await course.run {
                await #expect(throws: RedisError.self) {
                    try await scene.client.send("SET", "k", String(repeating: "x", count: 200_000))
                }
            }
            let (memory, policy) = (try await access.setting("maxmemory"), try await access.setting("maxmemory-policy"))
            #expect(memory == "5000001")
            #expect(policy == "volatile-ttl")
        }
    }

    @Test func somebodyElsesSettingIsLeftAlone() async throws {
        try await withRedis { scene in
            let access = try #require(scene.target.redis)
            let fault = try scene.course("cache.memory", ["maxMemory": "8MiB"]).fault
            let change = try #require(try await fault.plan().first)
            try await change.apply()
            try await access.set("maxmemory", "9000000")
            guard case .inProcess(let undo) = change.undo else {
                Issue.record("not undone in process")
                return
            }
            let outcome = await undo()
            #expect(outcome.isResidue)
            let memory = try await access.setting("maxmemory")
            #expect(memory == "9000000")
        }
    }

    @Test func aKilledRedisIsBackAndCold() async throws {
        try await withRedis { scene in
            try await scene.fill(5)
            try await scene.course("cache.kill").run {
                await #expect(throws: RedisError.self) {
                    try await RedisClient(address: scene.redis.address).send("PING")
                }
            }
            let keys = try await RedisClient(address: scene.redis.address).send("DBSIZE")
            #expect(keys == .integer(0))
        }
    }

    @Test func aTargetWithoutACacheIsRefused() throws {
        #expect(throws: FaultError.self) {
            _ = try FaultCourse("cache.expire", [:], on: ResolvedTarget(id: "x"), nil)
        }
        #expect(throws: FaultError.self) {
            _ = try FaultCourse("cache.kill", [:], on: ResolvedTarget(id: "x"), nil)
        }
    }

    @Test func poisonStaysWellFormed() {
        let text = "bookshop1 7 190 ab12\n{\"price\":1090,\"title\":\"Book 19\",\"none\":0}"
        let spoilt = String(decoding: CachePoisonFault.spoil(Array(text.utf8), "wrong"), as: UTF8.self)
        #expect(spoilt == "bookshop1 7 190 ab12\n{\"price\":2010,\"title\":\"Book 21\",\"none\":0}")
    }
}
