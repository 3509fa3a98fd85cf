import Postgres
import PostgresFixture
import Testing
import ToxicProxy

/// Toxics on messages, between a real libpq and a real PostgreSQL.
@Suite(.enabled(if: FixtureCluster.isAvailable), .fixtureCluster, .serialized, .timeLimit(.minutes(2)))
struct PostgresToxicTests {
    private func withProxy(_ body: (TCPProxy, String) async throws -> Void) async throws {
        guard let cluster = FixtureCluster.current else { throw FixtureClusterError.noCluster }
        let proxy = TCPProxy(
            listen: "127.0.0.1:0", upstream: "127.0.0.1:\(cluster.port)", seed: 1,
            settings: TCPProxy.Settings(followsPostgres: true))
        try await proxy.start()
        let port = await proxy.listen.split(separator: ":").last ?? ""
        // libpq asks for TLS first, and is told that there is none.
        try await body(
            proxy, "host=127.0.0.1 port=\(port) user=postgres dbname=postgres sslmode=prefer")
        await proxy.stop()
    }

    private func toxic(_ name: String, _ attributes: [String: AttributeValue]) throws -> ToxicSpecification {
        try ToxicSpecification(name: name, type: "postgres", attributes: attributes)
    }

    private func failure(_ body: () async throws(PostgresError) -> Void) async -> PostgresError? {
        do throws(PostgresError) {
            try await body()
            return nil
        } catch {
            return error
        }
    }

    private func seconds(_ body: () async throws -> Void) async throws -> Duration {
        let start = ContinuousClock.now
        try await body()
        return ContinuousClock.now - start
    }

    @Test func withoutToxicsEverythingPasses() async throws {
        try await withProxy { proxy, address in
            let session = try await PostgresSession.connect(address)
            let rows = try await session.query("SELECT repeat('x', 100000) FROM generate_series(1, 30)")
            #expect(rows.count == 30 && rows[29, 0]?.count == 100_000)
            let text = String(repeating: "y", count: 2_000_000)
            #expect(try await session.query("SELECT $1::text", [text])[0, 0] == text)
            session.close()
            #expect(proxy.counters.reading.lastRefusal == nil)
        }
    }

    @Test func onlyCommitIsDelayed() async throws {
        try await withProxy { proxy, address in
            let session = try await PostgresSession.connect(address)
            await proxy.add(try toxic("slow", ["on": .text("commit"), "delay": .number(300)]))
            let select = try await seconds { _ = try await session.query("SELECT 1") }
            _ = try await session.execute("BEGIN")
            let commit = try await seconds { _ = try await session.execute("COMMIT") }
            #expect(select < .milliseconds(250))
            #expect(commit >= .milliseconds(300))
            #expect(proxy.counters.reading.toxics["slow"]?.messages == 1)
            await proxy.remove(toxic: "slow")
            _ = try await session.execute("BEGIN")
            let quick = try await seconds { _ = try await session.execute("COMMIT") }
            #expect(quick < .milliseconds(250))
            session.close()
        }
    }

    @Test func aCommitIsDurableThoughItsClientNeverHears() async throws {
        try await withProxy { proxy, address in
            let session = try await PostgresSession.connect(address)
            _ = try await session.execute("CREATE TABLE unknown_outcome (n int)")
            await proxy.add(try toxic("unknown", ["on": .text("commit_complete"), "do": .text("reset")]))
            _ = try await session.execute("BEGIN; INSERT INTO unknown_outcome VALUES (1)")
            let error = await failure { () throws(PostgresError) in _ = try await session.execute("COMMIT") }
            #expect(error != nil)
            await proxy.remove(toxic: "unknown")
            let other = try await PostgresSession.connect(address)
            #expect(try await other.query("SELECT count(*) FROM unknown_outcome")[0, 0] == "1")
            other.close()
        }
    }

    @Test(arguments: ["40001", "40P01", "57014"])
    func everySecondMatchFailsAndTheSessionGoesOn(_ sqlState: String) async throws {
        try await withProxy { proxy, address in
            let session = try await PostgresSession.connect(address)
            _ = try await session.execute("CREATE TEMP TABLE orders (n int)")
            await proxy.add(
                try toxic(
                    "fail",
                    [
                        "do": .text("error"), "sqlstate": .text(sqlState), "statement": .text("insert into orders*"),
                        "every": .number(2),
                    ]))
            var states: [String?] = []
            for number in 1...4 {
                let error = await failure { () throws(PostgresError) in
                    _ = try await session.query("INSERT INTO orders VALUES ($1::int)", ["\(number)"])
                }
                states.append(error?.sqlState)
            }
            #expect(states == [nil, sqlState, nil, sqlState])
            #expect(try await session.query("SELECT count(*) FROM orders")[0, 0] == "2")
            session.close()
        }
    }

    @Test(arguments: ["57P01", "53300", "08006"])
    func aSessionEndsWithAnError(_ sqlState: String) async throws {
        try await withProxy { proxy, address in
            await proxy.add(
                try toxic(
                    "end", ["on": .text("authentication"), "do": .text("error"), "sqlstate": .text(sqlState)]))
            let error = await failure { () throws(PostgresError) in
                _ = try await PostgresSession.connect(address)
            }
            #expect(error?.message.contains("injected by brink") == true, "\(String(describing: error))")
            await proxy.remove(toxic: "end")
            try await PostgresSession.connect(address).close()
        }
    }

    @Test func theConnectionIsCutAfterARow() async throws {
        try await withProxy { proxy, address in
            let session = try await PostgresSession.connect(address)
            await proxy.add(try toxic("cut", ["on": .text("data_row"), "row": .number(3), "do": .text("cut")]))
            #expect(try await session.query("SELECT generate_series(1, 2)").count == 2)
            let error = await failure { () throws(PostgresError) in
                _ = try await session.query("SELECT generate_series(1, 5)")
            }
            #expect(error != nil)
            session.close()
        }
    }

    @Test func aSwallowedReadyForQueryHangsTheClient() async throws {
        try await withProxy { proxy, address in
            let session = try await PostgresSession.connect(address)
            await proxy.add(
                try toxic("hush", ["on": .text("ready_for_query"), "do": .text("swallow"), "once": .flag(true)]))
            let error = await failure { () throws(PostgresError) in
                _ = try await session.execute("SELECT 1", timeout: .milliseconds(500))
            }
            #expect(error?.kind == .timeout, "\(String(describing: error))")
            session.close()
        }
    }

    @Test func authenticationIsSlow() async throws {
        try await withProxy { proxy, address in
            await proxy.add(try toxic("slow", ["on": .text("authentication"), "delay": .number(300)]))
            let time = try await seconds { try await PostgresSession.connect(address).close() }
            #expect(time >= .milliseconds(300))
        }
    }

    @Test func onlySessionsOfTheApplicationAreKilled() async throws {
        try await withProxy { proxy, address in
            await proxy.add(
                try toxic("kill", ["application": .text("sho*"), "do": .text("reset")]))
            var options = PostgresSessionOptions()
            options.applicationName = "shop"
            let hit = try await PostgresSession.connect(address, options: options)
            options.applicationName = "other"
            let spared = try await PostgresSession.connect(address, options: options)
            let error = await failure { () throws(PostgresError) in _ = try await hit.query("SELECT 1") }
            #expect(error != nil)
            #expect(try await spared.query("SELECT 1")[0, 0] == "1")
            hit.close()
            spared.close()
        }
    }

    @Test func otherToxicsWorkOnAFollowedConnectionToo() async throws {
        try await withProxy { proxy, address in
            let session = try await PostgresSession.connect(address)
            await proxy.add(try ToxicSpecification(type: "latency", attributes: ["latency": .number(150)]))
            let time = try await seconds { _ = try await session.execute("SELECT 1") }
            #expect(time >= .milliseconds(150))
            session.close()
        }
    }
}
