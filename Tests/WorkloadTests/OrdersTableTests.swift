import Postgres
import PostgresFixture
import Testing
@testable import Workload

/// What a load of plain SQL leaves behind on a server of somebody else's: nothing.
@Suite(.serialized, .fixtureCluster, .enabled(if: FixtureCluster.isAvailable)) struct OrdersTableTests {
    private func load(_ keyPrefix: String, on connection: String) async throws -> SQLTransport {
        let load = SQLTransport(
            database: connection, direct: connection, timeout: .seconds(5), removing: keyPrefix)
        try await load.prepare()
        for number in 0..<3 {
            let (outcome, written) = await load.send(.order(key: "\(keyPrefix)\(number)", book: 1, quantity: 1))
            #expect(outcome == .success && written == .acked, "\(outcome)")
        }
        return load
    }

    private func ask(_ question: String, on connection: String) async throws -> String? {
        let session = try await PostgresSession.connect(connection)
        defer { session.close() }
        return try await session.query(question)[0, 0]
    }

    @Test func theLastRunTakesTheTableWithIt() async throws {
        let connection = try #require(FixtureCluster.current).connectionString
        let first = try await load("a-", on: connection)
        let second = try await load("b-", on: connection)
        try await first.shutdown()
        #expect(try await second.storedKeys(prefix: "") == ["b-0", "b-1", "b-2"])
        try await second.shutdown()
        #expect(try await ask("SELECT to_regnamespace('brink')", on: connection) == nil)
    }

    @Test func aTableOfSomebodyElseStays() async throws {
        let connection = try #require(FixtureCluster.current).connectionString
        let session = try await PostgresSession.connect(connection)
        defer { session.close() }
        try await session.execute(
            """
            CREATE SCHEMA brink; CREATE TABLE brink.orders (key text PRIMARY KEY, book int NOT NULL, quantity int NOT NULL)
            """)
        try await load("a-", on: connection).shutdown()
        #expect(try await ask("SELECT count(*) FROM brink.orders", on: connection) == "0")
        // Something else in the schema keeps that, and the table which is made again goes.
        try await session.execute("DROP TABLE brink.orders; CREATE TABLE brink.other ()")
        try await load("a-", on: connection).shutdown()
        #expect(try await ask("SELECT to_regclass('brink.orders')", on: connection) == nil)
        #expect(try await ask("SELECT to_regclass('brink.other') IS NOT NULL", on: connection) == "t")
        try await session.execute("DROP SCHEMA brink CASCADE")
    }

    @Test func rowsThatStayAreToldOf() async throws {
        let connection = try #require(FixtureCluster.current).connectionString
        let load = try await load("a-", on: connection)
        let session = try await PostgresSession.connect(connection)
        defer { session.close() }
        try await session.execute("DROP SCHEMA brink CASCADE")
        let error = await #expect(throws: LeftoverRows.self) { try await load.shutdown() }
        #expect(error?.description.contains("starts_with(key, 'a-')") == true)
    }
}
