import Postgres
import PostgresFixture
import Testing

@Suite(.serialized, .enabled(if: FixtureCluster.isAvailable), .fixtureCluster)
struct IdleSessionsTests {
    private func count(_ name: String) async throws -> Int {
        guard let cluster = FixtureCluster.current else { throw FixtureClusterError.noCluster }
        let session = try await PostgresSession.connect(cluster.connectionString)
        defer { session.close() }
        let rows = try await session.query("SELECT count(*) FROM pg_stat_activity WHERE application_name = $1", [name])
        return Int(rows[0, 0] ?? "") ?? -1
    }

    private func waitFor(_ wanted: Int, _ name: String) async throws {
        let end = ContinuousClock.now.advanced(by: .seconds(5))
        while try await count(name) != wanted, .now < end { try await Task.sleep(for: .milliseconds(10)) }
        #expect(try await count(name) == wanted)
    }

    @Test func areThereUntilTheyAreClosed() async throws {
        let cluster = try #require(FixtureCluster.current)
        let sessions = IdleSessions(cluster.connectionString, applicationName: "idle-a")
        for _ in 0..<5 { try sessions.open(within: .seconds(5)) }
        #expect(try await count("idle-a") == 5)
        #expect(try sessions.query("SELECT $1::int + 1", ["1"], within: .seconds(5))[0, 0] == "2")
        sessions.close(downTo: 2)
        try await waitFor(2, "idle-a")
        #expect(sessions.count == 2)
        sessions.close(downTo: 0)
        try await waitFor(0, "idle-a")
        #expect(throws: PostgresError.self) { try sessions.query("SELECT 1", within: .seconds(1)) }
    }

    /// Whoever waits for a slot finds it when the end has been waited for; and the name is theirs in any case.
    @Test func theirEndCanBeWaitedFor() async throws {
        let cluster = try #require(FixtureCluster.current)
        let sessions = IdleSessions("\(cluster.connectionString) application_name=other", applicationName: "idle-d")
        for _ in 0..<5 { try sessions.open(within: .seconds(5)) }
        #expect(try await count("idle-d") == 5)
        #expect(sessions.end(within: .seconds(5)) == 0)
        #expect(try await count("idle-d") == 0)
        for _ in 0..<3 { try sessions.open(within: .seconds(5)) }
        await cluster.setHanging(true)
        #expect(sessions.end(within: .milliseconds(100)) == 3)
        await cluster.setHanging(false)
        try await waitFor(0, "idle-d")
    }

    /// One answer that comes too late must not spoil the asking for good.
    @Test func oneThatAnswersTooLateIsDropped() async throws {
        let cluster = try #require(FixtureCluster.current)
        let sessions = IdleSessions(cluster.connectionString, applicationName: "idle-c")
        for _ in 0..<2 { try sessions.open(within: .seconds(5)) }
        let error = #expect(throws: PostgresError.self) {
            try sessions.query("SELECT pg_sleep(5)", within: .milliseconds(50))
        }
        #expect(error?.kind == .timeout)
        #expect(sessions.count == 1)
        #expect(try sessions.query("SELECT 1", within: .seconds(5))[0, 0] == "1")
        sessions.close(downTo: 0)
    }

    @Test func oneThatTheServerEndedIsDropped() async throws {
        let cluster = try #require(FixtureCluster.current)
        let sessions = IdleSessions(cluster.connectionString, applicationName: "idle-b")
        var pids: [Int32] = []
        for _ in 0..<3 { pids.append(try sessions.open(within: .seconds(5))) }
        sessions.dropEnded()
        #expect(sessions.count == 3)
        _ = try sessions.query("SELECT pg_terminate_backend($1::int)", [String(pids[1])], within: .seconds(5))
        try await waitFor(2, "idle-b")
        sessions.dropEnded()
        #expect(sessions.count == 2)
        sessions.close(downTo: 0)
    }
}
