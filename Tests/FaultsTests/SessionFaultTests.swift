import Engine
import Faults
import Journal
import LinuxSystem
import Postgres
import PostgresFixture
import Scenarios
import Testing

/// Every fault that sessions of Brink's own make, on a real server: not seen before, seen while it lasts, gone after.
@Suite(.serialized, .fixtureCluster, .enabled(if: FixtureCluster.isAvailable)) struct SessionFaultTests {
    /// A table of the test's own.
    private func withTable(_ body: (String, PostgresSession) async throws -> Void) async throws {
        let cluster = try #require(FixtureCluster.current)
        let session = try await PostgresSession.connect(cluster.connectionString)
        try await session.execute(
            """
            DROP TABLE IF EXISTS victim; CREATE TABLE victim (id int PRIMARY KEY, value int NOT NULL DEFAULT 0);
            INSERT INTO victim SELECT generate_series(1, 100)
            """)
        try await body(cluster.connectionString, session)
        session.close()
    }

    @Test(arguments: [
        "access-share", "row-share", "row-exclusive", "share-update-exclusive", "share", "share-row-exclusive",
        "exclusive", "access-exclusive",
    ])
    func aLockOfEveryMode(_ mode: String) async throws {
        try await withTable { connection, session in
            let course = try FaultCourse("postgres.lock", ["table": "victim", "mode": mode], on: connection)
            try await course.run {
                let state = try await course.sqlState(of: "SET lock_timeout = '50ms'; INSERT INTO victim VALUES (101)")
                let keepsOut = ["share", "share-row-exclusive", "exclusive", "access-exclusive"].contains(mode)
                #expect(state == (keepsOut ? "55P03" : nil))
            }
            try await session.execute("INSERT INTO victim VALUES (102)")
        }
    }

    @Test func idleInTransaction() async throws {
        try await withTable { connection, session in
            let course = try FaultCourse(
                "postgres.idle_in_transaction", ["sessions": "3", "table": "victim"], on: connection)
            try await course.run {
                let state = try await course.sqlState(
                    of: "SET lock_timeout = '50ms'; ALTER TABLE victim ADD COLUMN more int")
                #expect(state == "55P03")
            }
        }
    }

    @Test func aTableThatIsNotThereIsSaid() async throws {
        let cluster = try #require(FixtureCluster.current)
        let course = try FaultCourse("postgres.lock", ["table": "nowhere"], on: cluster.connectionString)
        await #expect(throws: FaultError.self) { try await course.run {} }
        let catalog = try FaultCourse("postgres.lock", ["table": "pg_class"], on: cluster.connectionString)
        await #expect(throws: FaultError.self) { try await catalog.run {} }
    }
}
