import Foundation
import Postgres
import PostgresFixture
import Testing

@testable import bookshop

/// Each weakness beside the healthy service, against a real PostgreSQL.
@Suite(.enabled(if: FixtureCluster.isAvailable), .fixtureCluster, .serialized)
struct WeaknessTests {
    private static let nowhere = "host=127.0.0.1 port=1 user=x"

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

    private func service(
        _ database: String, _ weakness: Weakness?, _ arguments: [String] = []
    ) async throws -> RunningBookshop {
        let weak = weakness.map { ["--weakness", $0.rawValue] } ?? []
        return try await RunningBookshop(database, ["--no-auth", "--cache-ttl", "0s"] + arguments + weak)
    }

    private func order(_ key: String, book: Int = 1) -> String {
        #"mutation { placeOrder(key: "\#(key)", book: \#(book), quantity: 1) { key } }"#
    }

    private static let book = "{ book(id: 1) { id } }"

    private func until(_ what: String, _ isSo: () async throws -> Bool) async throws {
        let end = ContinuousClock.now.advanced(by: .seconds(10))
        while try await !isSo() {
            try #require(ContinuousClock.now < end, "never: \(what)")
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    // MARK: The pool

    @Test(arguments: [nil, Weakness.noPoolTimeout])
    func waitingForAConnection(_ weakness: Weakness?) async throws {
        let (database, session) = try await shop()
        let service = try await service(
            database, weakness, ["--pool-size", "1", "--pool-checkout-timeout", "400ms", "--statement-timeout", "10s"])
        // On a busy machine the first connection takes longer than that.
        try await until("connected") { try await service.ask(Self.book).code == nil }
        try await session.execute("BEGIN; LOCK TABLE bookshop.orders")
        async let holder = service.ask(#"{ order(key: "x") { key } }"#)
        try await until("in use") { try await service.metric("bookshop_pool_connections{state=\"in_use\"}") == 1 }
        async let waiter = service.ask(Self.book)
        try await Task.sleep(for: .milliseconds(1200))
        try await session.execute("COMMIT")
        #expect(try await holder.code == nil)
        #expect(try await waiter.code == (weakness == nil ? "POOL_TIMEOUT" : nil))
    }

    @Test(arguments: [nil, Weakness.unboundedQueue])
    func theQueueHasABound(_ weakness: Weakness?) async throws {
        let (database, session) = try await shop()
        let service = try await service(
            database, weakness,
            ["--pool-size", "1", "--pool-queue", "2", "--pool-checkout-timeout", "10s", "--statement-timeout", "10s"])
        try await session.execute("BEGIN; LOCK TABLE bookshop.orders")
        let holder = Task { try await service.ask(#"{ order(key: "x") { key } }"#) }
        try await until("in use") { try await service.metric("bookshop_pool_connections{state=\"in_use\"}") == 1 }
        let others = (0..<6).map { _ in Task { try await service.ask(Self.book) } }
        let expected = weakness == nil ? 2.0 : 6.0
        try await until("waiting") { try await service.metric("bookshop_pool_waiting") == expected }
        try await session.execute("COMMIT")
        #expect(try await holder.value.code == nil)
        var codes: [String?] = []
        for other in others { codes.append(try await other.value.code) }
        #expect(codes.count { $0 == nil } == Int(expected))
        #expect(codes.count { $0 == "POOL_QUEUE_FULL" } == 6 - Int(expected))
    }

    @Test(arguments: [nil, Weakness.leaksConnectionOnCancel])
    func aClientThatHangsUpCostsNothing(_ weakness: Weakness?) async throws {
        let (database, session) = try await shop()
        let service = try await service(
            database, weakness, ["--pool-size", "1", "--pool-checkout-timeout", "1s", "--statement-timeout", "10s"])
        #expect(try await service.ask(Self.book).code == nil)
        try await session.execute("BEGIN; LOCK TABLE bookshop.orders")
        await #expect(throws: (any Error).self) {
            try await service.ask(#"{ order(key: "x") { key } }"#, timeout: .milliseconds(300))
        }
        // While the other table is locked still: nobody works on the query of the client that left.
        let answer = try await service.ask(Self.book)
        try await session.execute("COMMIT")
        #expect(answer.code == (weakness == nil ? nil : "POOL_TIMEOUT"))
        if weakness != nil { #expect(try await service.ask(Self.book).code == "POOL_TIMEOUT") }
    }

    /// What a client that hung up had sent to be written is written.
    @Test func aWriteGoesOnWithoutItsClient() async throws {
        let (database, session) = try await shop()
        let service = try await service(database, nil)
        try await session.execute("BEGIN; LOCK TABLE bookshop.orders")
        await #expect(throws: (any Error).self) {
            try await service.ask(order("left-alone"), timeout: .milliseconds(300))
        }
        try await session.execute("COMMIT")
        try await until("stored") {
            try await session.query("SELECT FROM bookshop.orders WHERE key = 'left-alone'").count == 1
        }
    }

    @Test(arguments: [nil, Weakness.noBackoff])
    func connectionsAreTriedWithCare(_ weakness: Weakness?) async throws {
        let service = try await service(Self.nowhere, weakness)
        try await Task.sleep(for: .seconds(1))
        let attempts = try #require(
            await service.metric("bookshop_pool_connects_total{outcome=\"connection-refused\"}"))
        #expect(weakness == nil ? attempts < 20 : attempts > 200, "\(attempts)")
    }

    // MARK: Statements and retries

    @Test(arguments: [nil, Weakness.noStatementTimeout])
    func aStatementMayNotTakeForEver(_ weakness: Weakness?) async throws {
        let (database, session) = try await shop()
        let service = try await service(database, weakness, ["--statement-timeout", "200ms"])
        try await session.execute("BEGIN; LOCK TABLE bookshop.orders")
        async let answer = service.ask(#"{ order(key: "x") { key } }"#)
        try await Task.sleep(for: .milliseconds(800))
        try await session.execute("COMMIT")
        #expect(try await answer.code == (weakness == nil ? "STATEMENT_TIMEOUT" : nil))
    }

    /// Has the next INSERTs of orders fail with an SQLSTATE; `body` runs inside of a trigger.
    private func trigger(_ session: PostgresSession, _ kind: String, _ body: String) async throws {
        try await session.execute(
            """
            DROP TRIGGER IF EXISTS trouble ON bookshop.orders;
            DROP SEQUENCE IF EXISTS bookshop.troubles;
            CREATE SEQUENCE bookshop.troubles;
            CREATE OR REPLACE FUNCTION bookshop.trouble() RETURNS trigger LANGUAGE plpgsql AS
            $$BEGIN \(body) RETURN NEW; END$$;
            CREATE \(kind) FOR EACH ROW EXECUTE FUNCTION bookshop.trouble()
            """)
    }

    private func calm(_ session: PostgresSession) async throws {
        try await session.execute("DROP TRIGGER IF EXISTS trouble ON bookshop.orders")
    }

    @Test(
        arguments: ["40P01", "40001"],
        [(nil, 2, true), (nil, 3, false), (Weakness.noDeadlockRetry, 1, false)] as [(Weakness?, Int, Bool)])
    func aVictimIsTriedAgain(_ state: String, _ one: (weakness: Weakness?, failures: Int, succeeds: Bool)) async throws
    {
        let (database, session) = try await shop()
        try await trigger(
            session, "TRIGGER trouble BEFORE INSERT ON bookshop.orders",
            """
            IF nextval('bookshop.troubles') <= \(one.failures) THEN
                RAISE EXCEPTION 'a victim' USING ERRCODE = '\(state)';
            END IF;
            """)
        let service = try await service(database, one.weakness)
        let key = "victim-\(state)-\(one.failures)-\(one.succeeds)"
        let answer = try await service.ask(order(key))
        try await calm(session)
        #expect(answer.code == (one.succeeds ? nil : "DATABASE_ERROR"), "\(answer.body)")
        let stored = try await session.query("SELECT FROM bookshop.orders WHERE key = $1", [key]).count
        #expect(stored == (one.succeeds ? 1 : 0))
        let attempts = one.weakness == nil ? 3.0 : 1.0
        #expect(try await service.metric("bookshop_database_attempts_total") == attempts)
        #expect(try await service.metric("bookshop_database_operations_total") == 1)
    }

    @Test(arguments: [(nil, 1), (Weakness.retryStorm, 31)] as [(Weakness?, Double)])
    func whatCannotSucceedIsTriedOnce(_ weakness: Weakness?, _ attempts: Double) async throws {
        let (database, _) = try await shop()
        let service = try await service(database, weakness)
        #expect(try await service.ask(order("no-such-book", book: 99999)).code == "DATABASE_ERROR")
        #expect(try await service.metric("bookshop_database_attempts_total") == attempts)
        #expect(try await service.metric("bookshop_database_operations_total") == 1)
    }

    @Test(arguments: [nil, Weakness.retriesNonIdempotent])
    func anUnknownOutcomeIsTold(_ weakness: Weakness?) async throws {
        let (database, session) = try await shop()
        // The first commit takes longer than it may.
        try await trigger(
            session, "CONSTRAINT TRIGGER trouble AFTER INSERT ON bookshop.orders DEFERRABLE INITIALLY DEFERRED",
            "IF nextval('bookshop.troubles') = 1 THEN PERFORM pg_sleep(2); END IF;")
        let service = try await service(database, weakness, ["--statement-timeout", "500ms"])
        let key = "unknown-\(weakness?.rawValue ?? "healthy")"
        let answer = try await service.ask(order(key))
        try await calm(session)
        let doubles = try await session.query("SELECT FROM bookshop.orders WHERE key = $1", ["\(key)-again"]).count
        if weakness == nil {
            #expect(answer.code == "STATEMENT_TIMEOUT" && answer.body.contains(#""outcome":"unknown""#))
            #expect(doubles == 0)
        } else {
            #expect(answer.body == #"{"data":{"placeOrder":{"key":"\#(key)"}}}"#)
            #expect(doubles == 1)
        }
    }

    // MARK: What it says, keeps and needs

    @Test(arguments: [nil, Weakness.healthLies])
    func readinessAsksTheDatabase(_ weakness: Weakness?) async throws {
        let service = try await service(Self.nowhere, weakness, ["--pool-checkout-timeout", "100ms"])
        #expect(try await service.get("/ready").status == (weakness == nil ? 503 : 200))
    }

    @Test(arguments: [nil, Weakness.swallowsErrors])
    func anErrorIsNoEmptyAnswer(_ weakness: Weakness?) async throws {
        let service = try await service(Self.nowhere, weakness, ["--pool-checkout-timeout", "100ms"])
        let answers = [
            try await service.ask(Self.book).body, try await service.ask("{ books { id } }").body,
            try await service.ask(order("x")).body,
        ]
        let empty = [
            #"{"data":{"book":null}}"#, #"{"data":{"books":[]}}"#, #"{"data":{"placeOrder":null}}"#,
        ]
        for (answer, empty) in zip(answers, empty) { #expect((answer == empty) == (weakness != nil), "\(answer)") }
    }

    @Test(arguments: [nil, Weakness.leaksMemoryOnError])
    func errorsKeepNoMemory(_ weakness: Weakness?) async throws {
        let (database, _) = try await shop()
        let service = try await service(database, weakness)
        for _ in 0..<20 { _ = try await service.ask(order("none", book: 99999)) }
        let before = try #require(await service.metric("process_resident_memory_bytes"))
        for _ in 0..<100 { _ = try await service.ask(order("none", book: 99999)) }
        let growth = try #require(await service.metric("process_resident_memory_bytes")) - before
        let leak = Double(100 * ErrorArchive.bytesPerError)
        #expect(weakness == nil ? growth < leak / 4 : growth > leak * 0.9, "\(growth) bytes")
    }

    @Test(arguments: [nil, Weakness.leaksDescriptorsOnReset])
    func aResetConnectionIsClosed(_ weakness: Weakness?) async throws {
        let service = try await service(Self.nowhere, weakness)
        let port = try #require(service.url.split(separator: ":").last.flatMap { UInt16($0) })
        let before = try #require(await service.metric("process_open_fds"))
        for _ in 0..<30 { try reset(port) }
        // Closed a moment after it was reset.
        let most = weakness == nil ? before + 5 : .infinity
        let least = weakness == nil ? 0 : before + 30
        try await until("\(least)…\(most) descriptors") {
            let open = try #require(await service.metric("process_open_fds"))
            return open <= most && open >= least
        }
    }

    /// Connects, sends part of a request, and ends the connection with RST.
    private func reset(_ port: UInt16) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(connected == 0)
        let request = Array("GET /health HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
        try #require(write(descriptor, request, request.count) == request.count)
        // Once there is an answer the service has accepted it.
        var answer = [UInt8](repeating: 0, count: 64)
        try #require(read(descriptor, &answer, 16) > 0)
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close(descriptor)
    }

    @Test func itBecomesReadyWhenTheDatabaseDoes() async throws {
        let (database, session) = try await shop()
        session.close()
        try await cluster().killPostmaster()
        let service = try await service(database, nil, ["--pool-checkout-timeout", "100ms"])
        #expect(try await service.get("/ready").status == 503)
        try await cluster().start()
        try await until("ready") { try await service.get("/ready").status == 200 }
    }

    @Test func theWeaknessNeedsDatabaseAtStartEndsWithoutOne() async throws {
        let (code, text) = try await RunningBookshop.run([
            "serve", "--no-auth", "--port", "0", "--database", Self.nowhere, "--weakness", "needs-database-at-start",
        ])
        #expect(code == 69 && text.contains("the database cannot be reached"))
    }

    @Test func itStartsWithOneAllTheSame() async throws {
        let (database, _) = try await shop()
        #expect(try await service(database, .needsDatabaseAtStart).ask(Self.book).code == nil)
    }
}
