import NIOCore
import NIOPosix
import LinuxSystem
import RedisFixture
import Testing

@testable import Redis

/// The client against a real Redis, and against what is none.
@Suite(.enabled(if: FixtureRedis.isAvailable, "no redis-server"))
struct RedisClientTests {
    @Test func valuesComeBackAsTheyWere() async throws {
        try await FixtureRedis.with { redis in
            let client = RedisClient(address: redis.address)
            let bytes = (0...255).map { UInt8($0) } + Array("\r\n$3\r\n".utf8)
            try await client.send([Array("SET".utf8), Array("k".utf8), bytes], within: .seconds(2))
            let back = try await client.send("GET", "k")
            #expect(back == .bulk(bytes))
            let none = try await client.send("GET", "nothing")
            #expect(none == .null)
            let count = try await client.send("DEL", "k", "nothing")
            #expect(count == .integer(1))
            try await client.send("RPUSH", "list", "a", "", "c")
            let list = try await client.send("LRANGE", "list", "0", "-1")
            #expect(list.elements?.map(\.text) == ["a", "", "c"])
            await #expect(
                throws: RedisError.server("WRONGTYPE Operation against a key holding the wrong kind of value")
            ) {
                try await client.send("GET", "list")
            }
            let information = try await client.information()
            #expect(information.keys == 1)
            #expect(information.number("keyspace_hits") == 3)
        }
    }

    /// Many callers at once on the one connection, each with its own answer.
    @Test func answersFindTheirCallers() async throws {
        try await FixtureRedis.with { redis in
            let client = RedisClient(address: redis.address)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<500 {
                    group.addTask {
                        let back = try await client.send("ECHO", "\(number)")
                        #expect(back.text == "\(number)")
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await client.information().number("connected_clients") == 1)
        }
    }

    @Test func aLateAnswerIsAnErrorAndNobodyElsesAnswer() async throws {
        try await FixtureRedis.with { redis in
            let client = RedisClient(address: redis.address)
            try await client.send("SET", "k", "right")
            try await client.send("CLIENT", "PAUSE", "300", "ALL")
            await #expect(throws: RedisError.timedOut("GET to \(redis.address)")) {
                try await client.send("GET", "other", within: .milliseconds(50))
            }
            let back = try await client.send("GET", "k")
            #expect(back.text == "right")
        }
    }

    @Test func aKilledServerIsMetAgain() async throws {
        try await FixtureRedis.with { redis in
            let client = RedisClient(address: redis.address)
            try await client.send("SET", "k", "v")
            let handle = try ProcessHandle(opening: try await redis.process)
            try handle.send(.kill)
            _ = handle.hasEnded(within: 2000)
            await #expect(throws: RedisError.refused(redis.address)) {
                // The first may meet the broken connection.
                _ = try? await client.send("PING")
                try await client.send("PING")
            }
            _ = try await redis.start()
            let back = try await client.send("GET", "k")
            #expect(back == .null)
        }
    }

    @Test func whatIsReadMostIsSeen() async throws {
        try await FixtureRedis.with { redis in
            let client = RedisClient(address: redis.address)
            let key = "a \"key\"\n\\ with ]"
            let readers = Task {
                while !Task.isCancelled {
                    for _ in 0..<3 { try await client.send("GET", key) }
                    try await client.send("GET", "other")
                    try await Task.sleep(for: .milliseconds(5))
                }
            }
            let reads = try await RedisMonitor(address: redis.address).reads(for: .milliseconds(300))
            readers.cancel()
            _ = await readers.result
            #expect(Set(reads.keys) == [key, "other"])
            #expect(reads[key] ?? 0 > (reads["other"] ?? 0) * 2)
        }
    }

    /// Byte by byte, the values are the same.
    @Test func aValueInPiecesIsTheSame() throws {
        let whole = Array("*3\r\n:-5\r\n$-1\r\n*2\r\n+OK\r\n$4\r\na\r\nb\r\n".utf8)
        for length in 0..<whole.count {
            var part = ByteBuffer(bytes: whole[..<length])
            let value = try RESPDecoder.value(&part, depth: 0)
            #expect(value == nil, "complete after \(length) bytes")
        }
        var buffer = ByteBuffer(bytes: whole)
        let value = try RESPDecoder.value(&buffer, depth: 0)
        #expect(value == .array([.integer(-5), .null, .array([.simple("OK"), .bulk(Array("a\r\nb".utf8))])]))
    }

    @Test(arguments: ["HTTP/1.1 400 Bad Request\r\n", "$x\r\n", String(repeating: "*1\r\n", count: 20)])
    func whatIsNoRedisIsRefused(_ text: String) {
        var buffer = ByteBuffer(string: text)
        #expect(throws: RedisError.self) { try RESPDecoder.value(&buffer, depth: 0) }
    }
}
