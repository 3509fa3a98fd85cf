import Foundation
import IssuerControl
import IssuerFixture
import PlainHTTP
import Postgres
import PostgresFixture
import Testing
import ToxicProxy

@testable import bookshop

/// The built service against a real PostgreSQL.
@Suite(.enabled(if: FixtureCluster.isAvailable), .fixtureCluster, .serialized)
struct ServiceTests {
    private func cluster() throws -> FixtureCluster {
        guard let cluster = FixtureCluster.current else { throw FixtureClusterError.noCluster }
        return cluster
    }

    /// A migrated database and a connection to it.
    private func shop() async throws -> (String, PostgresSession) {
        let session = try await PostgresSession.connect(try cluster().connectionString)
        try await ShopMigration(books: 100).run(on: session)
        return (try cluster().connectionString, session)
    }

    private func count(_ session: PostgresSession, _ key: String) async throws -> String? {
        try await session.query("SELECT count(*) FROM bookshop.orders WHERE key = $1", [key])[0, 0]
    }

    @Test func migrationCanBeRepeated() async throws {
        let (database, session) = try await shop()
        for _ in 0..<2 {
            let (code, _) = try await RunningBookshop.run(["migrate", "--books", "120", "--database", database])
            #expect(code == 0)
        }
        let counts = try await session.query(
            "SELECT (SELECT count(*) FROM bookshop.books), (SELECT count(*) FROM bookshop.reviews WHERE id <= 360)")
        #expect(counts[0, 0] == "120" && counts[0, 1] == "360")
    }

    @Test func everyOperation() async throws {
        let (database, session) = try await shop()
        try await session.execute("TRUNCATE bookshop.orders")
        let service = try await RunningBookshop(database, ["--no-auth", "--cache-ttl", "0s"])

        let book = try await service.ask(
            "{ book(id: 7) { id title price author { name books { id author { id } } } reviews(first: 2) { id rating body __typename } } }"
        )
        #expect(
            book.body.hasPrefix(
                #"{"data":{"book":{"id":"7","title":"Book 7","price":759,"author":{"name":"Author 7","books":[{"id":"7","author":{"id":"7"}},{"id":"17","#
            ), "\(book.body)")
        #expect(
            book.body.contains(
                #""reviews":[{"id":"21","rating":3,"body":"Review 21","__typename":"Review"},{"id":"20","#))

        let books = try await service.ask(
            "{ books(first: 3, offset: 1) { id reviews(first: 1) { id } } none: book(id: 99999) { id } }")
        #expect(
            books.body
                == #"{"data":{"books":[{"id":"2","reviews":[{"id":"6"}]},{"id":"3","reviews":[{"id":"9"}]},{"id":"4","reviews":[{"id":"12"}]}],"none":null}}"#
        )

        let placed = try await service.ask(
            #"mutation { placeOrder(key: "o-1", book: 7, quantity: 2) { key quantity placedAt book { title } } }"#)
        let again = try await service.ask(
            #"mutation { placeOrder(key: "o-1", book: 8, quantity: 9) { key quantity placedAt book { title } } }"#)
        #expect(placed.code == nil && placed.body == again.body, "the same order: \(again.body)")
        let order = try await service.ask(
            #"{ placeOrder: order(key: "o-1") { key quantity placedAt book { title } } }"#)
        #expect(order.body == placed.body)
        #expect(try await count(session, "o-1") == "1")
        let bestsellers = try await service.ask("{ bestsellers { sold book { id } } }")
        #expect(bestsellers.body == #"{"data":{"bestsellers":[{"sold":2,"book":{"id":"7"}}]}}"#)

        let review = try await service.ask(
            #"mutation { addReview(book: 9, rating: 4, body: "ä\n\"") { rating body } }"#)
        #expect(review.body == #"{"data":{"addReview":{"rating":4,"body":"ä\n\""}}}"#)
    }

    /// Each stage has been through once where a request takes that way.
    @Test func stagesAreTimed() async throws {
        let (database, _) = try await shop()
        let service = try await RunningBookshop(database)
        for _ in 0..<2 { _ = try await service.ask("{ book(id: 7) { id title } }") }
        _ = try await service.ask(#"mutation { placeOrder(key: "stages", book: 8, quantity: 1) { key } }"#)
        let page = try await service.get("/metrics/stages")
        #expect(page.status == 200)
        func value(_ name: String) -> Double? {
            page.body.split(separator: "\n").first { $0.hasPrefix("bookshop_stage_\(name) ") }
                .flatMap { Double($0.split(separator: " ").last ?? "") }
        }
        #expect(value("cache_hit_seconds_count") == 1)
        #expect(value("cache_miss_seconds_count") == 1)
        #expect(value("commit_seconds_count") == 1)
        #expect(value("parse_seconds_count") == 3)
        #expect(value("encode_seconds_count") == 3)
        #expect(value("pool_checkout_seconds_count") ?? 0 >= 2)
        #expect(value("token_cached_seconds_count") == 0)
        let hit = try #require(value("cache_hit_seconds_sum"))
        let miss = try #require(value("cache_miss_seconds_sum"))
        #expect(hit > 0 && hit < miss)
    }

    @Test func errorsAreTold() async throws {
        let (database, _) = try await shop()
        let service = try await RunningBookshop(database)
        let missing = try await service.ask(#"mutation { placeOrder(key: "o-2", book: 99999, quantity: 2) { key } }"#)
        #expect(missing.status == 200 && missing.code == "DATABASE_ERROR")
        #expect(
            missing.body.contains(
                #""path":["placeOrder"],"extensions":{"code":"DATABASE_ERROR","sqlstate":"23503","outcome":"failed"}"#))
        #expect(missing.body.hasPrefix(#"{"data":null,"errors":[{"#))
        #expect(try await service.ask("{ nope }").status == 200)
        #expect(try await service.ask("{ nope").status == 400)
        #expect(try await service.post(Array("[]".utf8)).status == 400)
        #expect(try await service.post([0xFF, 0x00]).code == "BAD_REQUEST")
        #expect(try await service.post([UInt8](repeating: 0x20, count: 2 << 20)).status == 413)
        #expect(try await service.get("/graphql").status == 405)
        #expect(try await service.get("/nope").status == 404)
        #expect(try await service.metric("bookshop_errors_total{code=\"DATABASE_ERROR\"}") == 1)
    }

    @Test func nestedLoadsDoNotMultiplyStatements() async throws {
        let (database, _) = try await shop()
        let service = try await RunningBookshop(database, ["--no-auth", "--cache-ttl", "0s"])
        func commits() async throws -> Int {
            // A fresh connection sees fresh statistics; every statement outside a block is a transaction of its own.
            try await Task.sleep(for: .milliseconds(1100))
            let observer = try await PostgresSession.connect(database)
            let rows = try await observer.query(
                "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")
            return Int(rows[0, 0] ?? "") ?? 0
        }
        let before = try await commits()
        _ = try await service.ask("{ books(first: 50) { author { books { reviews { id } } } reviews { id } } }")
        let after = try await commits()
        // Five statements, the observer's and the health checks' own.
        #expect(after - before < 15, "\(after - before) transactions")
    }

    @Test func aKilledPostmasterIsReconnectedTo() async throws {
        let (database, _) = try await shop()
        let service = try await RunningBookshop(
            database, ["--no-auth", "--cache-ttl", "0s", "--pool-checkout-timeout", "300ms"])
        #expect(try await service.ask("{ book(id: 1) { id } }").code == nil)
        try await cluster().killPostmaster()
        try await Task.sleep(for: .milliseconds(200))
        let down = try await service.ask("{ book(id: 1) { id } }")
        #expect(down.code == "DATABASE_UNAVAILABLE")
        #expect(try await service.get("/health").status == 200)
        #expect(try await service.get("/ready").status == 503)
        #expect(try await service.ask("{ book(id: 1) { id } }").code == "DATABASE_UNAVAILABLE")
        try await cluster().start()
        let recovery = try await service.recovery(within: .seconds(6), "{ book(id: 1) { id } }")
        #expect(recovery != nil, "no recovery")
        #expect(try await service.get("/ready").status == 200)
        #expect(try #require(await service.metric("bookshop_pool_connects_total{outcome=\"connection-refused\"}")) > 0)
    }

    @Test func theWeaknessNoReconnectNeverRecovers() async throws {
        let (database, _) = try await shop()
        let service = try await RunningBookshop(
            database, ["--no-auth", "--cache-ttl", "0s", "--weakness", "no-reconnect", "--pool-health-check", "200ms"])
        #expect(try await service.ask("{ book(id: 1) { id } }").code == nil)
        try await cluster().killPostmaster()
        try await Task.sleep(for: .milliseconds(300))
        try await cluster().start()
        #expect(try await service.recovery(within: .seconds(3), "{ book(id: 1) { id } }") == nil)
        #expect(try await service.ask("{ book(id: 1) { id } }").code == "DATABASE_UNAVAILABLE")
    }

    /// How many of the acknowledged orders are missing when the service is killed right after its answers.
    private func lostOrders(_ weaknesses: [String], prefix: String) async throws -> Int {
        let (database, session) = try await shop()
        var lost = 0
        for round in 0..<4 {
            let service = try await RunningBookshop(database, ["--no-auth"] + weaknesses)
            var acknowledged: [String] = []
            for number in 0..<5 {
                let key = "\(prefix)-\(round)-\(number)"
                let answer = try await service.ask(
                    #"mutation { placeOrder(key: "\#(key)", book: 1, quantity: 1) { key } }"#)
                if answer.code == nil { acknowledged.append(key) }
            }
            service.signal(SIGKILL)
            _ = try await service.exitCode()
            #expect(acknowledged.count == 5)
            // The server rolls back what the killed client left open.
            try await Task.sleep(for: .milliseconds(100))
            for key in acknowledged where try await count(session, key) == "0" { lost += 1 }
        }
        return lost
    }

    @Test func acknowledgedOrdersSurviveAKill() async throws {
        #expect(try await lostOrders([], prefix: "sound") == 0)
    }

    @Test func theWeaknessAckBeforeCommitLosesAcknowledgedOrders() async throws {
        #expect(try await lostOrders(["--weakness", "ack-before-commit"], prefix: "weak") > 0)
    }

    @Test func theWeaknessAckBeforeCommitCommitsWhenLeftAlone() async throws {
        let (database, session) = try await shop()
        let service = try await RunningBookshop(database, ["--no-auth", "--weakness", "ack-before-commit"])
        _ = try await service.ask(#"mutation { placeOrder(key: "later", book: 1, quantity: 1) { key } }"#)
        service.signal(SIGTERM)
        #expect(try await service.exitCode() == 0)
        #expect(try await count(session, "later") == "1")
    }

    @Test func theRequestInFlightIsAnsweredBeforeTheStop() async throws {
        let (database, session) = try await shop()
        let service = try await RunningBookshop(database)
        _ = try await service.ask("{ book(id: 1) { id } }")
        try await session.execute("BEGIN; LOCK TABLE bookshop.orders")
        let pending = Task {
            try await service.ask(#"mutation { placeOrder(key: "in-flight", book: 1, quantity: 1) { key } }"#)
        }
        try await Task.sleep(for: .milliseconds(300))
        service.signal(SIGINT)
        try await Task.sleep(for: .milliseconds(300))
        await #expect(throws: (any Error).self) { try await service.get("/health", timeout: .milliseconds(300)) }
        try await session.execute("COMMIT")
        #expect(try await pending.value.code == nil)
        #expect(try await service.exitCode() == 0)
        #expect(try await count(session, "in-flight") == "1")
    }

    @Test func aStatementThatHangsTimesOut() async throws {
        let (database, session) = try await shop()
        let service = try await RunningBookshop(database, ["--no-auth", "--statement-timeout", "300ms"])
        try await session.execute("BEGIN; LOCK TABLE bookshop.orders")
        let answer = try await service.ask(#"mutation { placeOrder(key: "hangs", book: 1, quantity: 1) { key } }"#)
        #expect(answer.code == "STATEMENT_TIMEOUT")
        try await session.execute("COMMIT")
        #expect(try await service.recovery(within: .seconds(3), #"{ order(key: "x") { key } }"#) != nil)
        #expect(try await count(session, "hangs") == "0", "the server was asked to cancel")
    }

    @Test func aFullPoolTimesOut() async throws {
        let (database, session) = try await shop()
        let service = try await RunningBookshop(
            database, ["--no-auth", "--pool-size", "1", "--pool-checkout-timeout", "200ms"])
        try await session.execute("BEGIN; LOCK TABLE bookshop.orders")
        let pending = Task { try await service.ask(#"{ order(key: "x") { key } }"#) }
        try await Task.sleep(for: .milliseconds(150))
        #expect(try await service.ask("{ book(id: 1) { id } }").code == "POOL_TIMEOUT")
        #expect(try await service.metric("bookshop_pool_checkout_timeouts_total") == 1)
        try await session.execute("COMMIT")
        #expect(try await pending.value.code == nil)
    }

    @Test func itListensWhileTheDatabaseIsDown() async throws {
        let service = try await RunningBookshop(
            "host=127.0.0.1 port=1 user=x password=hunter2", ["--no-auth", "--pool-checkout-timeout", "100ms"])
        #expect(try await service.get("/health").status == 200)
        let ready = try await service.get("/ready")
        #expect(ready.status == 503 && !ready.body.contains("hunter2"))
        service.signal(SIGTERM)
        #expect(try await service.exitCode() == 0)
    }

    @Test func aTakenPortIsExplained() async throws {
        let (database, _) = try await shop()
        let service = try await RunningBookshop(database)
        let port = service.url.split(separator: ":").last.map(String.init) ?? ""
        let (code, text) = try await RunningBookshop.run(["serve", "--no-auth", "--port", port, "--database", database])
        #expect(code == 69)
        #expect(text == "bookshop: cannot listen on 127.0.0.1:\(port): Address already in use\n")
    }

    @Test(arguments: [
        ["--nope"], ["serve", "--no-auth", "--weakness", "sleepy"], ["serve", "--no-auth", "--pool-size", "0"],
        ["serve", "--database", "host=x"], ["serve", "--no-auth", "--statement-timeout", "5", "--database", "host=x"],
        ["migrate", "--books", "0", "--database", "host=x"],
    ])
    func wrongUsage(_ arguments: [String]) async throws {
        let (code, text) = try await RunningBookshop.run(arguments)
        #expect(code == 64)
        #expect(text.contains("Error:"))
    }

    @Test func withoutDescriptorsItCountsAndComesBack() async throws {
        let (database, _) = try await shop()
        let service = try await RunningBookshop(database)
        let open = try #require(await service.metric("process_open_fds"))
        let pid = service.process.processIdentifier
        try await setDescriptorLimit(pid, Int(open))
        let client = PlainHTTPClient()
        // More connections than descriptors: some of these wait in the backlog.
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    _ = try? await client.send(.GET, service.url + "/health", within: .milliseconds(400))
                }
            }
        }
        try await setDescriptorLimit(pid, 1024)
        client.close()
        #expect(try await service.get("/health").status == 200)
        #expect(try #require(await service.metric("bookshop_errors_total{code=\"TOO_MANY_OPEN_FILES\"}")) > 0)
        #expect(try await service.ask("{ book(id: 1) { id } }").code == nil)
    }

    private func setDescriptorLimit(_ process: pid_t, _ limit: Int) async throws {
        let prlimit = Process()
        prlimit.executableURL = URL(filePath: "/usr/bin/prlimit")
        prlimit.arguments = ["--pid", "\(process)", "--nofile=\(limit):"]
        try prlimit.run()
        while prlimit.isRunning { try await Task.sleep(for: .milliseconds(5)) }
        #expect(prlimit.terminationStatus == 0)
    }

    @Test func tokensAreAskedFor() async throws {
        let (database, _) = try await shop()
        let issuer = try await RunningIssuer()
        let service = try await RunningBookshop(database, ["--jwks-url", issuer.client.keySetURL])
        let refused = try await service.ask("{ book(id: 1) { id } }")
        #expect(refused.status == 401 && refused.code == "UNAUTHENTICATED")
        let token = try await issuer.client.token(TokenRequest(sub: "a", ttl: 60)).accessToken
        #expect(try await service.ask("{ book(id: 1) { id } }", token: "Bearer \(token)").code == nil)
        #expect(try await service.get("/ready").status == 200)
        #expect(try await service.metric("bookshop_tokens_total{result=\"missing\"}") == 1)
        // Nobody was given a token for its control.
        #expect(try await service.get("/control/tokens").status == 404)
    }

    /// What comes twice brings a connection out of step with its server: its answers are to other statements. The service
    /// notices by their columns, and closes it.
    @Test func bytesThatComeTwiceDoNotEndIt() async throws {
        let (database, _) = try await shop()
        let proxy = TCPProxy(listen: "127.0.0.1:0", upstream: "127.0.0.1:\(try cluster().port)", seed: 11)
        try await proxy.start()
        let port = try #require(await proxy.listen.split(separator: ":").last)
        let service = try await RunningBookshop(
            database.replacing("port=\(try cluster().port)", with: "port=\(port)"),
            [
                "--no-auth", "--cache-ttl", "0s", "--pool-size", "2", "--statement-timeout", "500ms",
                "--pool-checkout-timeout", "500ms",
            ])
        let queries = [
            "{ books(first: 2) { id author { name } reviews(first: 2) { rating } } }",
            "{ bestsellers(limit: 2) { sold book { id } } }", "{ book(id: 7) { id title } }",
            #"mutation { addReview(book: 9, rating: 4, body: "b") { rating } }"#,
        ]
        for direction in [StreamDirection.downstream, .upstream] {
            await proxy.add(
                try ToxicSpecification(type: "duplicate", direction: direction, attributes: ["rate": .number(0.1)]))
        }
        var failed = 0
        for index in 0..<200 {
            let answer = try await service.ask(
                index % 5 == 4
                    ? "mutation { placeOrder(key: \"twice-\(index)\", book: 7, quantity: 1) { key } }"
                    : queries[index % 5])
            if answer.code != nil { failed += 1 }
        }
        #expect(failed > 0 && service.process.isRunning)
        await proxy.removeAllToxics()
        try await Task.sleep(for: .milliseconds(600))
        // What is out of step still is closed at its next use.
        for _ in 0..<4 { _ = try await service.ask(queries[0]) }
        for query in queries { #expect(try await service.ask(query).code == nil) }
        await proxy.stop()
    }
}
