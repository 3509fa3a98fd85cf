import Foundation
import NIOCore
import PlainHTTP
import Postgres
import PostgresFixture
import RedisFixture
import Testing

@testable import bookshop

/// The running service with its cache in each place, and the endpoint that controls the one in memory.
@Suite(
    .serialized,
    .enabled(if: FixtureCluster.isAvailable && FixtureRedis.isAvailable, "no PostgreSQL or no redis-server"),
    .fixtureCluster)
struct CacheServiceTests {
    private func migrated() async throws -> String {
        let database = try #require(FixtureCluster.current).connectionString
        let (code, said) = try await RunningBookshop.run(["migrate", "--database", database, "--books", "20"])
        #expect(code == 0, "\(said)")
        return database
    }

    /// How many of a book were sold, as the service tells.
    private func sold(_ service: RunningBookshop, _ book: Int) async throws -> Int64? {
        let answer = try await service.ask("{ book(id: \(book)) { id sold } }")
        guard case .int(let sold) = answer.value["data"]?["book"]?["sold"] else { return nil }
        return sold
    }

    private func order(_ service: RunningBookshop, _ book: Int) async throws {
        let key = UUID().uuidString
        let answer = try await service.ask(
            "mutation { placeOrder(key: \"\(key)\", book: \(book), quantity: 2) { key } }")
        #expect(answer.code == nil, "\(answer.body)")
    }

    @Test(arguments: ["memory", "table", "redis"]) func everyPlaceIsReadYourWrites(_ place: String) async throws {
        let database = try await migrated()
        try await FixtureRedis.with { redis in
            let service = try await RunningBookshop(
                database,
                [
                    "--no-auth", "--cache-ttl", "60s", "--cache-timeout", "2s", "--cache-in",
                    place == "redis" ? "redis://\(redis.address)" : place,
                ])
            let before = try #require(try await sold(service, 3))
            let hit = "bookshop_cache_requests_total{result=\"hit\"}"
            let end = ContinuousClock.now + .seconds(5)
            while try await service.metric(hit) == 0, ContinuousClock.now < end { _ = try await sold(service, 3) }
            for step in Int64(1)...20 {
                try await order(service, 3)
                let now = try await sold(service, 3)
                #expect(now == before + 2 * step)
            }
            #expect(try await service.metric(hit) ?? 0 >= 1)
            service.signal(SIGTERM)
            let code = try await service.exitCode()
            #expect(code == 0)
        }
    }

    @Test func anUnloggedTableIsThere() async throws {
        let session = try await PostgresSession.connect(try await migrated())
        defer { session.close() }
        let rows = try await session.query(
            "SELECT relpersistence FROM pg_class WHERE oid = 'bookshop.cache'::regclass")
        #expect(rows[0, 0] == "u")
    }

    // MARK: The control endpoint

    private func control(_ service: RunningBookshop, _ body: String, token: String?) async throws -> (Int, String) {
        let answer = try await PlainHTTPClient().send(
            .POST, "\(service.url)/control/cache", headers: token.map { ["Authorization": "Bearer \($0)"] } ?? [:],
            body: ByteBuffer(string: body), within: .seconds(5))
        return (answer.status, String(buffer: answer.body))
    }

    @Test func theCacheInMemoryIsControlledWithTheToken() async throws {
        let database = try await migrated()
        let token = "0123456789abcdef0123456789abcdef"
        let file = FileManager.default.temporaryDirectory.appending(path: "brink-token-\(UUID().uuidString)")
        try Data("\(token)\n".utf8).write(to: file)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: file) } }
        let service = try await RunningBookshop(
            database, ["--no-auth", "--cache-ttl", "60s", "--control-token-file", file.path()])
        for wrong in [nil, "", "0123456789abcdef0123456789abcdee", "\(token)0"] {
            let (status, _) = try await control(service, "{\"action\":\"list\"}", token: wrong)
            #expect(status == 401)
        }
        _ = try await sold(service, 1)
        let (status, list) = try await control(service, "{\"action\":\"list\"}", token: token)
        #expect(status == 200)
        let key = "book(id:1\\\"1\\\",){id:id sold:sold }"
        #expect(list.contains("\"key\":\"\(key)\""), "\(list)")
        let (_, expired) = try await control(
            service, "{\"action\":\"expire\",\"keys\":[\"\(key)\",\"none\"],\"milliseconds\":0}", token: token)
        #expect(expired == "{\"expired\":1}")
        _ = try await sold(service, 1)
        #expect(try await service.metric("bookshop_cache_requests_total{result=\"expired\"}") == 1)
        let poison = Data("{\"id\":\"1\",\"sold\":-5}".utf8).base64EncodedString()
        _ = try await control(
            service, "{\"action\":\"put\",\"key\":\"\(key)\",\"value\":\"\(poison)\",\"milliseconds\":9000}",
            token: token)
        let answer = try await sold(service, 1)
        #expect(answer ?? -5 >= 0)
        #expect(try await service.metric("bookshop_cache_requests_total{result=\"invalid\"}") == 1)
        let (_, delay) = try await control(service, "{\"action\":\"delay\",\"milliseconds\":5000}", token: token)
        #expect(delay == "{\"milliseconds\":5000}")
        let started = ContinuousClock.now
        for _ in 0..<10 { _ = try await sold(service, 1) }
        #expect(started.duration(to: .now) < .seconds(2))
        #expect(try await service.metric("bookshop_cache_requests_total{result=\"bypassed\"}") ?? 0 > 0)
        for mistake in [
            "", "{}", "{\"action\":\"fly\"}", "{\"action\":\"delay\"}", "{\"action\":\"put\",\"key\":\"k\"}",
        ] {
            let (status, _) = try await control(service, mistake, token: token)
            #expect(status == 400, "\(mistake)")
        }
    }

    @Test func withoutATokenThereIsNoEndpoint() async throws {
        let service = try await RunningBookshop(try await migrated(), ["--no-auth"])
        let (status, _) = try await control(service, "{\"action\":\"list\"}", token: "0123456789abcdef")
        #expect(status == 404)
    }

    @Test func othersAreNotLetNear() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "brink-token-\(UUID().uuidString)")
        try Data("0123456789abcdef0123456789abcdef\n".utf8).write(to: file)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: file) } }
        let common = ["serve", "--port", "0", "--no-auth", "--database", "host=/nowhere", "--control-token-file"]
        let (others, _) = try await RunningBookshop.run(common + [file.path(), "--host", "0.0.0.0"])
        #expect(others == 64)
        let (nowhere, _) = try await RunningBookshop.run(common + ["/nowhere"])
        #expect(nowhere == 64)
    }
}
