import Consistency
import ConsistencyWorkload
import Postgres
import PostgresFixture
import Testing

@Suite(.enabled(if: FixtureCluster.isAvailable), .fixtureCluster, .serialized)
struct ListAppendWorkloadTests {
    private func run(
        _ level: IsolationLevel, seed: UInt64, transactions: Int = 300
    ) async throws -> (ListAppendRun, ListAppendReport) {
        let cluster = try #require(FixtureCluster.current)
        let workload = ListAppendWorkload(
            cluster.connectionString,
            options: WorkloadOptions(level: level, seed: seed, transactions: transactions), activeKeys: 3)
        let run = try await workload.run()
        #expect(run.tally.lastReadFailure == nil)
        #expect(run.tally.cleanUpFailure == nil)
        return (run, try ListAppendCheck().check(run.history))
    }

    /// Runs with one seed after the other until something is found: chance decides when transactions meet.
    private func firstViolation(
        of judged: IsolationLevel, under level: IsolationLevel
    ) async throws -> ListAppendReport? {
        for seed in 1...10 as ClosedRange<UInt64> {
            let (_, report) = try await run(level, seed: seed)
            if report.violates(judged) {
                print("seed \(seed) under \(level.rawValue): \(report.anomalies.first?.description ?? "")")
                return report
            }
        }
        return nil
    }

    @Test func serializableIsClean() async throws {
        let (run, report) = try await run(.serializable, seed: 7)
        #expect(report.anomalies.isEmpty)
        #expect(report.isExhaustive)
        #expect(report.isConclusive)
        #expect(report.committed > 50)
        #expect(run.tally.unknown == 0)
        #expect(run.tally.reconnects == 0)
        #expect(run.history.count == 301)
    }

    @Test func readCommittedThatCallsItselfSerializableIsCaught() async throws {
        let report = try #require(try await firstViolation(of: .serializable, under: .readCommitted))
        #expect(!report.violates(.readCommitted))
        #expect(report.violates(.repeatableRead))
    }

    @Test func repeatableReadThatCallsItselfSerializableIsCaught() async throws {
        let report = try #require(try await firstViolation(of: .serializable, under: .repeatableRead))
        #expect(!report.violates(.repeatableRead))
        #expect(report.count(of: .g2Item) > 0)
    }

    @Test func itLeavesNothingBehind() async throws {
        let cluster = try #require(FixtureCluster.current)
        _ = try await run(.readCommitted, seed: 1, transactions: 10)
        let session = try await PostgresSession.connect(cluster.connectionString)
        let schemas = "SELECT 1 FROM pg_namespace WHERE nspname = $1"
        #expect(try await session.query(schemas, [WorkloadSchema.name]).isEmpty)
        try await session.execute("CREATE SCHEMA \(WorkloadSchema.name); CREATE TABLE \(WorkloadSchema.name).left ()")
        // A table of another run stays, and its schema with it.
        _ = try await run(.readCommitted, seed: 1, transactions: 10)
        #expect(try await session.query("SELECT * FROM \(WorkloadSchema.name).left").isEmpty)
        try await WorkloadSchema.drop(cluster.connectionString)
        #expect(try await session.query(schemas, [WorkloadSchema.name]).isEmpty)
    }

    @Test func aKilledServerComesBack() async throws {
        let cluster = try #require(FixtureCluster.current)
        let workload = ListAppendWorkload(
            cluster.connectionString,
            options: WorkloadOptions(
                level: .serializable, seed: 3, transactions: 1_000_000, duration: .seconds(3),
                recovery: .seconds(20)), activeKeys: 20)
        async let running = workload.run()
        try await Task.sleep(for: .milliseconds(500))
        await cluster.killPostmaster()
        try await cluster.start()
        let run = try await running
        let report = try ListAppendCheck().check(run.history)
        #expect(report.anomalies.isEmpty)
        #expect(report.isConclusive)
        #expect(run.tally.reconnects > 0)
        #expect(run.tally.lastReadFailure == nil)
        #expect(run.tally.cleanUpFailure == nil)
    }

    @Test func aServerThatStaysAwayIsReported() async throws {
        let cluster = try await FixtureCluster()
        try await cluster.start()
        let workload = ListAppendWorkload(
            cluster.connectionString,
            options: WorkloadOptions(
                level: .serializable, seed: 3, transactions: 1_000_000, duration: .milliseconds(400),
                recovery: .milliseconds(200)))
        async let running = workload.run()
        try await Task.sleep(for: .milliseconds(200))
        await cluster.stop()
        let run = try await running
        #expect(run.tally.lastReadFailure != nil)
        #expect(run.tally.cleanUpFailure != nil)
        #expect(!run.history.isEmpty)
        try await cluster.delete()
    }

    @Test func aCommitThatIsNotAnsweredIsUnknown() async throws {
        let cluster = try #require(FixtureCluster.current)
        let session = try await PostgresSession.connect(cluster.connectionString)
        let workload = ListAppendWorkload(
            cluster.connectionString,
            options: WorkloadOptions(
                level: .serializable, seed: 3, transactions: 1_000_000, duration: .seconds(2),
                statementTimeout: .milliseconds(300)), activeKeys: 20)
        async let running = workload.run()
        try await Task.sleep(for: .milliseconds(300))
        // Commits are stored and then wait for a standby that does not exist.
        for command in ["ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "SELECT pg_reload_conf()"] {
            try await session.query(command)
        }
        try await Task.sleep(for: .milliseconds(900))
        for command in ["ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()"] {
            try await session.query(command)
        }
        let run = try await running
        let report = try ListAppendCheck().check(run.history)
        #expect(run.tally.unknown > 0)
        #expect(run.tally.errors["timeout", default: 0] > 0)
        #expect(report.anomalies.isEmpty)
        // Most of them were stored, and the last read saw them.
        #expect(report.committed > run.tally.committed + 1)
        #expect(run.tally.lastReadFailure == nil)
    }

    @Test func aCancelledRunLeavesNothingBehind() async throws {
        let cluster = try #require(FixtureCluster.current)
        let workload = ListAppendWorkload(
            cluster.connectionString,
            options: WorkloadOptions(
                level: .serializable, seed: 3, transactions: 1_000_000, duration: .seconds(60)))
        let running = Task { try await workload.run() }
        try await Task.sleep(for: .milliseconds(200))
        running.cancel()
        let run = try await running.value
        #expect(run.tally.lastReadFailure == nil)
        #expect(run.tally.committed > 0)
        let session = try await PostgresSession.connect(cluster.connectionString)
        #expect(
            try await session.query("SELECT 1 FROM pg_namespace WHERE nspname = $1", [WorkloadSchema.name]).isEmpty)
    }
}
