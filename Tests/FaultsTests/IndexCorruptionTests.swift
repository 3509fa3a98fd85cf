import Engine
import Faults
import Glibc
import LinuxSystem
import Postgres
import PostgresFixture
import Scenarios
import Testing

/// postgres.corrupt_index in all kinds on a cluster of the suite's own: found by the checkers that can, felt by queries,
/// and proved sound afterwards.
@Suite(.serialized, .enabled(if: FixtureCluster.isAvailable && getuid() == 0), ClusterTrait())
struct IndexCorruptionTests {
    private static let rows = 5000

    private func withTarget(
        isScratch: Bool = true, _ body: (ResolvedTarget, String) async throws -> Void
    ) async throws {
        let cluster = try #require(ClusterTrait.cluster)
        let server = try cluster.start(cgroup: nil)
        var target = ResolvedTarget(id: "db")
        target.postgres = server
        target.isScratchCluster = isScratch
        target.seed = 11
        target.database = DatabaseAccess(
            connection: cluster.connection(), cluster: server, isScratch: isScratch)
        let session = try await PostgresSession.connect(cluster.connection())
        defer { session.close() }
        try await session.execute(
            """
            DROP SCHEMA IF EXISTS shop CASCADE; CREATE SCHEMA shop;
            CREATE TABLE shop.orders (id int PRIMARY KEY, note text NOT NULL);
            INSERT INTO shop.orders SELECT g, 'n' || g FROM generate_series(1, \(Self.rows)) g
            """)
        try await body(target, cluster.connection())
    }

    private func ask(_ sql: String, _ connection: String) async throws -> String? {
        let session = try await PostgresSession.connect(connection)
        defer { session.close() }
        let rows = try await session.query(sql)
        return rows.isEmpty ? nil : rows[0, 0]
    }

    private func found(_ index: String, _ connection: String) async throws -> Set<IndexIntegrity.Checker> {
        let session = try await PostgresSession.connect(connection)
        defer { session.close() }
        let oid = try await session.query("SELECT to_regclass($1)::oid", [index])
        return Set(try await IndexIntegrity(try #require(oid[0, 0]), in: session).check().keys)
    }

    /// What a service that looks its rows up by key meets.
    private struct Lookup: Equatable {
        var missing = 0
        var wrong = 0
        var state: String?
    }

    private func lookup(_ connection: String) async throws -> Lookup {
        let session = try await PostgresSession.connect(connection)
        defer { session.close() }
        try await session.execute(
            """
            SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off
            """)
        do throws(PostgresError) {
            let rows = try await session.query(
                """
                SELECT count(*) FILTER (WHERE o.id IS NULL), count(*) FILTER (WHERE o.note <> 'n' || g)
                FROM generate_series(1, \(Self.rows)) g LEFT JOIN shop.orders o ON o.id = g
                """)
            return Lookup(
                missing: rows[0, 0].flatMap { Int($0) } ?? -1, wrong: rows[0, 1].flatMap { Int($0) } ?? -1)
        } catch {
            return Lookup(state: error.sqlState ?? error.kind.name)
        }
    }

    @Test(
        arguments: [
            ("key-flip", [.rows]), ("tid-redirect", [.rows]), ("lost-downlink", [.levels]),
            ("page-zeroed", [.order, .rows, .levels]), ("page-torn", [.checksums]), ("checksum", [.checksums]),
        ] as [(String, Set<IndexIntegrity.Checker>)])
    func isFoundFeltAndRepaired(_ kind: String, _ checkers: Set<IndexIntegrity.Checker>) async throws {
        try await withTarget { target, connection in
            #expect(try await found("shop.orders_pkey", connection) == [])
            #expect(try await lookup(connection) == Lookup())
            let course = try FaultCourse(
                "postgres.corrupt_index", ["index": "shop.orders_pkey", "kind": kind], on: target, connection)
            try await course.run {
                #expect(try await found("shop.orders_pkey", connection) == checkers)
                let felt = try await lookup(connection)
                switch kind {
                case "key-flip": #expect(felt == Lookup(missing: 1))
                case "tid-redirect": #expect(felt.wrong == 1 || felt.missing == 1, "\(felt)")
                case "lost-downlink": #expect(felt.missing > 100 && felt.wrong == 0, "\(felt)")
                case "page-zeroed": #expect(felt.state == "XX002")
                default: #expect(felt.state == "XX001")
                }
                let integrity = ServerIntegrity(connection, checks: [.btreeIndexes], databases: ["postgres"])
                // It does not look from a parent down, for that keeps writers out.
                let report = try await integrity.check()
                #expect(report.verdict == (kind == "lost-downlink" ? .intact : .damaged))
            }
            #expect(try await found("shop.orders_pkey", connection) == [])
            #expect(try await lookup(connection) == Lookup())
            #expect(try await ask("SELECT count(*) FROM pg_extension WHERE extname = 'amcheck'", connection) == "0")
        }
    }

    /// Keys of other types, and indexes whose rows are not counted over plain columns.
    @Test(arguments: [
        "(lower(note) DESC, id)", "(note COLLATE \"C\" DESC NULLS LAST) WHERE id > 100", "((id::numeric))",
        "((lpad(id::text, 32, '0')::uuid))", "((id::text::name))",
        "((NULLIF(id % 7, 0)), id)", "(note text_pattern_ops)",
    ])
    func keysOfEveryForm(_ columns: String) async throws {
        try await withTarget { target, connection in
            _ = try await ask("CREATE INDEX other ON shop.orders \(columns)", connection)
            let course = try FaultCourse(
                "postgres.corrupt_index", ["index": "shop.other", "kind": "key-flip"], on: target, connection)
            try await course.run {
                let checkers = try await found("shop.other", connection)
                #expect(checkers.contains(.rows))
            }
            #expect(try await found("shop.other", connection) == [])
        }
    }

    @Test func aSoundIndexIsNotTakenForADamagedOne() async throws {
        try await withTarget { target, _ in
            let fault = try corruption("shop.orders_pkey", "key-flip", on: target)
            let before = try await fault.observe()
            let now = try await fault.observe()
            if case .seen(let evidence) = fault.verify(before: before, now: now) { Issue.record("\(evidence)") }
            let damaged = before.merging(["bt_index_check with heapallindexed": 1]) { _, new in new }
            guard case .seen(let evidence) = fault.verify(before: before, now: damaged) else {
                Issue.record("not seen")
                return
            }
            #expect(
                evidence == "key-flip in shop.orders_pkey: found by bt_index_check with heapallindexed; "
                    + "not by data checksums, bt_index_check, bt_index_parent_check")
            if case .seen = fault.verify(before: damaged, now: damaged) { Issue.record("it was damaged before") }
        }
    }

    @Test(
        arguments: [
            ("nowhere", "key-flip", "no index"), ("pg_class_oid_index", "key-flip", "PostgreSQL itself"),
            ("shop.orders", "key-flip", "no index"), ("shop.hashed", "key-flip", "no valid B-tree"),
            ("shop.few", "lost-downlink", "single level"), ("shop.none", "key-flip", "fill the table"),
        ])
    func whatCannotBeCorruptedIsSaidBeforeAnythingIsChanged(
        _ index: String, _ kind: String, _ reason: String
    ) async throws {
        try await withTarget { target, connection in
            let session = try await PostgresSession.connect(connection)
            defer { session.close() }
            try await session.execute(
                """
                CREATE INDEX hashed ON shop.orders USING hash (id); CREATE INDEX few ON shop.orders (note) WHERE id < 9;
                CREATE INDEX none ON shop.orders (note) WHERE id < 0
                """)
            let postmaster = try #require(target.postgres).postmaster()
            do {
                try await FaultCourse(
                    "postgres.corrupt_index", ["index": index, "kind": kind], on: target, connection
                ).run {}
                Issue.record("corrupted")
            } catch let error as FaultError {
                #expect(error.description.contains(reason), "\(error)")
            }
            let now = try #require(target.postgres).postmaster()
            #expect(now == postmaster)
        }
    }

    @Test func aClusterThatIsNotBrinksIsRefused() async throws {
        try await withTarget(isScratch: false) { target, connection in
            do throws(FaultError) {
                _ = try corruption("shop.orders_pkey", "checksum", on: target)
                Issue.record("accepted")
            } catch {
                #expect(error.description.hasPrefix("refused: ") && error.description.contains("not made by Brink"))
            }
            let checkers = try await found("shop.orders_pkey", connection)
            #expect(checkers == [])
        }
    }

    private func corruption(
        _ index: String, _ kind: String, on target: ResolvedTarget
    ) throws(FaultError) -> any Fault {
        try FaultRegistry.make(
            FaultSpecification(
                id: "f", name: "postgres.corrupt_index", target: "db", trigger: .at(.zero), duration: .seconds(60),
                parameters: Parameters(["index": .text(index), "kind": .text(kind)])), on: target)
    }

    // MARK: Checksums

    /// Every page that PostgreSQL itself wrote, of its catalogs and of the table and its index.
    @Test func checksumsAreThoseOfPostgreSQL() async throws {
        try await withTarget { target, connection in
            let server = try #require(target.postgres)
            let paths = try await ask(
                """
                SELECT string_agg(pg_relation_filepath(oid), ' ') FROM pg_class
                WHERE relkind IN ('r', 'i') AND pg_relation_size(oid) > 0 AND pg_relation_filepath(oid) LIKE 'base/%'
                """, connection)
            try server.stop(.fast, within: .seconds(20))
            var pages = 0
            for path in try #require(paths).split(separator: " ") {
                let bytes = try SystemFile.read("\(server.dataDirectory)/\(path)")
                for block in 0..<(bytes.count / DataPage.size) {
                    let part = bytes[(block * DataPage.size)..<((block + 1) * DataPage.size)]
                    guard part.contains(where: { $0 != 0 }) else { continue }
                    let page = try DataPage(Array(part))
                    #expect(page.checksum(block: UInt32(block)) == page.storedChecksum, "\(path), block \(block)")
                    #expect(page.checksum(block: UInt32(block) + 1) != page.storedChecksum)
                    pages += 1
                }
            }
            #expect(pages > 300)
        }
    }
}
