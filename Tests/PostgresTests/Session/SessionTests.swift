import Foundation
import Postgres
import PostgresFixture
import Testing

@Suite(.enabled(if: FixtureCluster.isAvailable), .fixtureCluster)
struct SessionTests {
    private func connect(
        _ options: PostgresSessionOptions = PostgresSessionOptions()
    ) async throws -> PostgresSession {
        guard let cluster = FixtureCluster.current else { throw FixtureClusterError.noCluster }
        return try await PostgresSession.connect(cluster.connectionString, options: options)
    }

    /// The error that the body throws.
    private func failure(
        _ body: () async throws(PostgresError) -> Void, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> PostgresError {
        do throws(PostgresError) {
            try await body()
        } catch {
            return error
        }
        Issue.record("no error was thrown", sourceLocation: sourceLocation)
        throw FixtureClusterError.noCluster
    }

    @Test func parametersAndResultsAreText() async throws {
        let session = try await connect()
        let rows = try await session.query(
            "SELECT $1::int + 1 AS next, $2::text AS same, $3::text AS nothing", ["41", "größer 'quoted'", nil])
        #expect(rows.columns == ["next", "same", "nothing"])
        #expect(rows[0, 0] == "42")
        #expect(rows[0, "same"] == "größer 'quoted'")
        #expect(rows[0, "nothing"] == nil)
        #expect(rows.affectedRows == 1)
    }

    @Test func overTheUnixSocket() async throws {
        let cluster = try #require(FixtureCluster.current)
        let session = try await PostgresSession.connect(cluster.socketConnectionString)
        #expect(session.backendPID > 0)
        #expect(session.serverVersion > 90_000)
        #expect(try await session.parameterStatus("client_encoding") == "UTF8")
        #expect(try await session.parameterStatus("no_such_parameter") == nil)
    }

    @Test func severalStatementsAtOnce() async throws {
        let session = try await connect()
        let results = try await session.execute("CREATE TEMP TABLE t (n int); INSERT INTO t VALUES (1), (2); TABLE t")
        #expect(results.map(\.commandTag) == ["CREATE TABLE", "INSERT 0 2", "SELECT 2"])
        #expect(results[1].affectedRows == 2)
        #expect(results[2].count == 2)
    }

    @Test func aLargeResultAndALargeParameter() async throws {
        let session = try await connect()
        let text = String(repeating: "x", count: 3_000_000)
        let rows = try await session.query("SELECT $1::text, n FROM generate_series(1, 10) AS n", [text])
        #expect(rows.count == 10)
        #expect(rows[9, 0]?.utf8.count == 3_000_000)
    }

    @Test func serverErrorsKeepTheSessionAlive() async throws {
        let session = try await connect()
        let error = try await failure { () throws(PostgresError) in try await session.query("SELECT 1/0") }
        #expect(error.kind == .server("22012"))
        #expect(error.sqlState == "22012")
        #expect(error.message == "division by zero")
        #expect(!session.isClosed)
        #expect(try await session.query("SELECT 1").count == 1)
    }

    @Test func detailAndHintAreKept() async throws {
        let session = try await connect()
        let error = try await failure { () throws(PostgresError) in
            try await session.execute(
                "DO $$ BEGIN RAISE 'main' USING DETAIL = 'more', HINT = 'do this', ERRCODE = 'P0042'; END $$")
        }
        #expect(error.description == "main (SQLSTATE P0042); more; hint: do this")
    }

    @Test func aNulInAParameterIsRefused() async throws {
        let session = try await connect()
        let error = try await failure { () throws(PostgresError) in
            try await session.query("SELECT $1::text", ["a\0b"])
        }
        #expect(error.sqlState == "22021")
        #expect(!session.isClosed)
    }

    @Test func transactionStatusFollowsTheServer() async throws {
        let session = try await connect()
        #expect(session.transactionStatus == .idle)
        try await session.query("BEGIN")
        #expect(session.transactionStatus == .inTransaction)
        _ = try await failure { () throws(PostgresError) in try await session.query("SELECT nonsense") }
        #expect(session.transactionStatus == .failed)
        let commit = try await session.query("COMMIT")
        #expect(commit.commandTag == "ROLLBACK")
        #expect(session.transactionStatus == .idle)
    }

    @Test func theDeadlineClosesTheSessionAndCancelsOnTheServer() async throws {
        let session = try await connect()
        let observer = try await connect()
        let started = ContinuousClock.now
        let error = try await failure { () throws(PostgresError) in
            try await session.query("SELECT pg_sleep(30)", timeout: .milliseconds(200))
        }
        #expect(error.kind == .timeout)
        #expect(started.duration(to: .now) < .seconds(2))
        #expect(session.isClosed)
        #expect(session.transactionStatus == .unknown)
        try await waitUntilGone(session.backendPID, observer)
        let after = try await failure { () throws(PostgresError) in try await session.query("SELECT 1") }
        #expect(after.kind == .closed)
    }

    @Test func cancellationOfTheTaskEndsTheStatement() async throws {
        let session = try await connect()
        let observer = try await connect()
        let task = Task { try await session.query("SELECT pg_sleep(30)") }
        try await Task.sleep(for: .milliseconds(150))
        task.cancel()
        let error = await #expect(throws: PostgresError.self) { try await task.value }
        #expect(error?.kind == .cancelled)
        #expect(session.isClosed)
        try await waitUntilGone(session.backendPID, observer)
    }

    @Test func aStatementCancelledInTheQueueLeavesTheSessionAlone() async throws {
        let session = try await connect()
        let first = Task { try await session.query("SELECT pg_sleep(0.4)") }
        try await Task.sleep(for: .milliseconds(100))
        let second = Task { try await session.query("SELECT 2") }
        try await Task.sleep(for: .milliseconds(50))
        second.cancel()
        let error = await #expect(throws: PostgresError.self) { try await second.value }
        #expect(error?.kind == .cancelled)
        _ = try await first.value
        #expect(try await session.query("SELECT 3")[0, 0] == "3")
    }

    @Test func cancelLeavesTheSessionUsable() async throws {
        let session = try await connect()
        let task = Task { try await session.query("SELECT pg_sleep(30)") }
        try await Task.sleep(for: .milliseconds(150))
        try await session.cancel()
        let error = await #expect(throws: PostgresError.self) { try await task.value }
        #expect(error?.kind == .server("57014"))
        #expect(try await session.query("SELECT 1").count == 1)
    }

    @Test func closeFailsTheRunningStatement() async throws {
        let session = try await connect()
        let task = Task { try await session.query("SELECT pg_sleep(30)") }
        try await Task.sleep(for: .milliseconds(150))
        session.close()
        let error = await #expect(throws: PostgresError.self) { try await task.value }
        #expect(error?.kind == .closed)
    }

    @Test func aTerminatedBackendIsALostConnection() async throws {
        let session = try await connect()
        let killer = try await connect()
        try await killer.query("SELECT pg_terminate_backend($1)", ["\(session.backendPID)"])
        let error = try await failure { () throws(PostgresError) in try await session.query("SELECT 1") }
        #expect(error.kind == .connectionLost)
        #expect(error.sqlState == "57P01")
        #expect(session.isClosed)
    }

    @Test func copyIsRefused() async throws {
        let session = try await connect()
        let error = try await failure { () throws(PostgresError) in
            try await session.execute("COPY (SELECT 1) TO STDOUT")
        }
        #expect(error.kind == .unsupported)
    }

    @Test func manySessionsAtOnce() async throws {
        let cluster = try #require(FixtureCluster.current)
        let sum = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 1...20 {
                group.addTask {
                    let session = try await PostgresSession.connect(cluster.connectionString)
                    var last = 0
                    for _ in 0..<20 {
                        last = Int(try await session.query("SELECT $1::int", ["\(number)"])[0, 0] ?? "") ?? 0
                    }
                    session.close()
                    return last
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(sum == 210)
    }

    private func waitUntilGone(_ backend: Int32, _ observer: PostgresSession) async throws {
        for _ in 0..<100 {
            let rows = try await observer.query("SELECT 1 FROM pg_stat_activity WHERE pid = $1", ["\(backend)"])
            if rows.isEmpty { return }
            try await Task.sleep(for: .milliseconds(30))
        }
        Issue.record("the backend \(backend) is still there")
    }
}
