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
}
