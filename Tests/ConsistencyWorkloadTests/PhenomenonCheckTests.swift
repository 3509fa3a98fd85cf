import Consistency
import ConsistencyWorkload
import Postgres
import PostgresFixture
import Testing

@Suite(.enabled(if: FixtureCluster.isAvailable), .fixtureCluster, .serialized)
struct PhenomenonCheckTests {
    /// PostgreSQL's documentation, "Transaction Isolation", and what its levels do about it.
    @Test func theTableOfPostgres() async throws {
        let cluster = try #require(FixtureCluster.current)
        let results = try await PhenomenonCheck(cluster.connectionString).run()
        let expected: [IsolationLevel: [Phenomenon: PhenomenonResult.Outcome]] = [
            .readCommitted: [
                .dirtyRead: .preventedBySnapshot, .nonRepeatableRead: .observed, .phantom: .observed,
                .lostUpdate: .observed, .writeSkew: .observed,
            ],
            .repeatableRead: [
                .dirtyRead: .preventedBySnapshot, .nonRepeatableRead: .preventedBySnapshot,
                .phantom: .preventedBySnapshot, .lostUpdate: .preventedByError("40001"), .writeSkew: .observed,
            ],
            .serializable: [
                .dirtyRead: .preventedBySnapshot, .nonRepeatableRead: .preventedBySnapshot,
                .phantom: .preventedBySnapshot, .lostUpdate: .preventedByError("40001"),
                .writeSkew: .preventedByError("40001"),
            ],
        ]
        #expect(results.count == 15)
        for result in results {
            #expect(result.outcome == expected[result.level]?[result.phenomenon], "\(result)")
            #expect(!result.isViolation)
        }
    }

    @Test func waitingIsToldApart() async throws {
        let cluster = try #require(FixtureCluster.current)
        let session = try await PostgresSession.connect(cluster.connectionString)
        // A reader of the row then waits for its writer, as where reads take locks.
        try await session.execute(
            """
            CREATE FUNCTION lock_tables() RETURNS event_trigger LANGUAGE plpgsql AS $$
            DECLARE made record;
            BEGIN
                FOR made IN SELECT * FROM pg_event_trigger_ddl_commands() WHERE object_type = 'table' LOOP
                    EXECUTE format('CREATE FUNCTION lock_it() RETURNS trigger LANGUAGE plpgsql AS
                        ''BEGIN LOCK TABLE %1$s IN ACCESS EXCLUSIVE MODE; RETURN NULL; END''', made.object_identity);
                    EXECUTE format('CREATE TRIGGER lock_it BEFORE UPDATE ON %1$s
                        EXECUTE FUNCTION lock_it()', made.object_identity);
                END LOOP;
            END $$;
            CREATE EVENT TRIGGER lock_tables ON ddl_command_end WHEN TAG IN ('CREATE TABLE')
                EXECUTE FUNCTION lock_tables();
            """)
        let results = try await PhenomenonCheck(cluster.connectionString).run([.dirtyRead], at: [.readCommitted])
        #expect(results.map(\.outcome) == [.preventedByWaiting])
        try await session.execute(
            "DROP EVENT TRIGGER lock_tables; DROP FUNCTION lock_tables(); DROP FUNCTION lock_it()")
    }

    @Test func aBrokenTableIsInconclusive() async throws {
        let cluster = try #require(FixtureCluster.current)
        let session = try await PostgresSession.connect(cluster.connectionString)
        try await session.execute(
            """
            CREATE FUNCTION spoil() RETURNS event_trigger LANGUAGE plpgsql AS $$
            DECLARE made record;
            BEGIN
                FOR made IN SELECT * FROM pg_event_trigger_ddl_commands() WHERE object_type = 'table' LOOP
                    EXECUTE format('ALTER TABLE %s ADD CHECK (value < 1)', made.object_identity);
                END LOOP;
            END $$;
            CREATE EVENT TRIGGER spoil ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION spoil();
            """)
        let results = try await PhenomenonCheck(cluster.connectionString).run([.dirtyRead], at: [.readCommitted])
        guard case .inconclusive = results.first?.outcome else {
            Issue.record("\(results)")
            return
        }
        #expect(results.first?.isViolation == false)
        try await session.execute("DROP EVENT TRIGGER spoil; DROP FUNCTION spoil()")
    }

    /// PostgreSQL has no level at which it reads what is not committed. A trigger that writes through a session of its own
    /// makes it so: what the statement writes is there for all to see before its transaction ends, or is rolled back.
    @Test func aTriggerThatWritesPastItsTransaction() async throws {
        let cluster = try #require(FixtureCluster.current)
        let session = try await PostgresSession.connect(cluster.connectionString)
        // Without triggers, else it would call itself.
        let other = "\(cluster.connectionString) options='-c session_replication_role=replica'"
        try await session.execute(
            """
            CREATE EXTENSION dblink;
            CREATE FUNCTION write_past() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                PERFORM dblink_exec(\(Self.quoted(other)),
                    format('UPDATE %I.%I SET value = 2 WHERE id = 1', TG_TABLE_SCHEMA, TG_TABLE_NAME));
                RETURN NULL;
            END $$;
            CREATE FUNCTION leak() RETURNS event_trigger LANGUAGE plpgsql AS $$
            DECLARE made record;
            BEGIN
                FOR made IN SELECT * FROM pg_event_trigger_ddl_commands() WHERE object_type = 'table' LOOP
                    EXECUTE format('CREATE TRIGGER write_past BEFORE UPDATE ON %s
                        FOR EACH STATEMENT EXECUTE FUNCTION write_past()', made.object_identity);
                END LOOP;
            END $$;
            CREATE EVENT TRIGGER leak ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION leak();
            """)
        let results = try await PhenomenonCheck(cluster.connectionString).run([.dirtyRead], at: [.readCommitted])
        #expect(results.map(\.outcome) == [.observed])
        #expect(results.first?.isViolation == true)
        try await session.execute(
            "DROP EVENT TRIGGER leak; DROP FUNCTION leak(); DROP FUNCTION write_past(); DROP EXTENSION dblink")
    }

    /// As a literal of SQL.
    private static func quoted(_ text: String) -> String {
        "'\(text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''"))'"
    }

    private func rounds(at level: IsolationLevel, _ body: () async throws -> Void = {}) async throws -> PhenomenonRun {
        let cluster = try #require(FixtureCluster.current)
        let workload = PhenomenonWorkload(cluster.connectionString, level: level, pause: .milliseconds(10))
        let task = Task { await workload.run() }
        try await body()
        try await Task.sleep(for: .milliseconds(1500))
        task.cancel()
        return await task.value
    }

    /// The negative and the positive control: a level keeps what it promises, and not what a higher one does.
    @Test func againAndAgain() async throws {
        let serializable = try await rounds(at: .serializable)
        #expect(serializable.trials > 10 && serializable.violations(of: .serializable).isEmpty, "\(serializable)")
        #expect(serializable.isConclusive(for: .serializable) && serializable.failures == 0, "\(serializable)")
        let weak = try await rounds(at: .readCommitted)
        #expect(weak.violations(of: .readCommitted).isEmpty, "\(weak)")
        let violations = weak.violations(of: .serializable).map(\.phenomenon)
        #expect(violations == [.nonRepeatableRead, .phantom, .lostUpdate, .writeSkew], "\(weak)")
    }

    /// Cut short at any moment, no table stays behind and nothing waits for its locks.
    @Test func cutShort() async throws {
        let cluster = try #require(FixtureCluster.current)
        let session = try await PostgresSession.connect(cluster.connectionString)
        for moment in 1...15 {
            let workload = PhenomenonWorkload(
                cluster.connectionString, level: .serializable, pause: .milliseconds(10))
            let task = Task { await workload.run() }
            try await Task.sleep(for: .milliseconds(5 * moment))
            task.cancel()
            let run = try await withThrowingTaskGroup(of: PhenomenonRun?.self) { group in
                group.addTask { await task.value }
                group.addTask {
                    try await Task.sleep(for: .seconds(8))
                    return nil
                }
                defer { group.cancelAll() }
                return try await group.next() ?? nil
            }
            #expect(run != nil, "cut short after \(5 * moment) ms, it went on for seconds")
            let left = try await session.query(
                "SELECT count(*) FROM pg_tables WHERE schemaname = '\(WorkloadSchema.name)' AND tablename LIKE 'phenomena%'"
            )
            #expect(left[0, 0] == "0", "after \(5 * moment) ms")
        }
    }

    /// Sessions that are ended in the middle tell nothing, and the next round has new ones.
    @Test func sessionsThatAreEnded() async throws {
        let cluster = try #require(FixtureCluster.current)
        let session = try await PostgresSession.connect(cluster.connectionString)
        let run = try await rounds(at: .serializable) {
            for _ in 0..<20 {
                try await Task.sleep(for: .milliseconds(20))
                try await session.query(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'brink-consistency'"
                )
            }
        }
        #expect(run.inconclusive + run.failures > 0 && run.lastFailure != nil, "\(run)")
        #expect(run.violations(of: .serializable).isEmpty && run.isConclusive(for: .serializable), "\(run)")
        try await WorkloadSchema.drop(cluster.connectionString)
    }
}
