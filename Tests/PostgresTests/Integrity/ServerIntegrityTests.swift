import Foundation
import Postgres
import PostgresFixture
import Testing

@Suite(.enabled(if: FixtureCluster.isAvailable), .fixtureCluster, .serialized)
struct ServerIntegrityTests {
    private func cluster() throws -> FixtureCluster { try #require(FixtureCluster.current) }

    private func session(_ database: String = "postgres") async throws -> PostgresSession {
        try await PostgresSession.connect(try cluster().connectionString + " dbname=\(database)")
    }

    private func makeDatabase(_ name: String, _ sql: String) async throws {
        try await session().execute("CREATE DATABASE \(name)")
        try await session(name).execute(sql)
    }

    private func check(_ database: String, _ checks: Set<IntegrityCheck>) async throws -> IntegrityReport {
        try await ServerIntegrity(try cluster().connectionString, checks: checks, databases: [database]).check()
    }

    @Test func aHealthyCluster() async throws {
        try await makeDatabase(
            "healthy",
            """
            CREATE SCHEMA "Odd ""name";
            CREATE TABLE "Odd ""name"."Par'ent" ("I d" int, part text, note text, PRIMARY KEY ("I d", part));
            INSERT INTO "Odd ""name"."Par'ent" SELECT n, 'x', repeat('long', 5000) FROM generate_series(1, 50) n;
            CREATE TABLE child (id bigserial PRIMARY KEY, parent bigint, part varchar,
                FOREIGN KEY (parent, part) REFERENCES "Odd ""name"."Par'ent" MATCH FULL);
            INSERT INTO child (parent, part) SELECT n % 50 + 1, 'x' FROM generate_series(1, 500) n;
            INSERT INTO child (parent) VALUES (NULL);
            CREATE TABLE tree (id int PRIMARY KEY, above int REFERENCES tree);
            INSERT INTO tree VALUES (1, NULL), (2, 1);
            CREATE TABLE parts (id int PRIMARY KEY, above int REFERENCES tree) PARTITION BY RANGE (id);
            CREATE TABLE parts_low PARTITION OF parts FOR VALUES FROM (0) TO (10);
            CREATE TABLE parts_high PARTITION OF parts FOR VALUES FROM (10) TO (20);
            INSERT INTO parts VALUES (1, 1), (11, 2), (12, NULL);
            CREATE TABLE heir () INHERITS (tree);
            INSERT INTO heir VALUES (3, 99);
            CREATE UNLOGGED TABLE fleeting (id int PRIMARY KEY);
            CREATE MATERIALIZED VIEW seen AS SELECT * FROM tree;
            """)
        let before = try FileManager.default.contentsOfDirectory(atPath: "/tmp").filter { $0.hasPrefix("brink-dump") }
        let report = try await ServerIntegrity(try cluster().connectionString).check()
        #expect(report.findings.isEmpty)
        #expect(report.unchecked.isEmpty)
        #expect(report.verdict == .intact)
        #expect(report.checked[.btreeIndexes, default: 0] > 300)
        #expect(report.checked[.heaps, default: 0] > 200)
        #expect(report.checked[.foreignKeys] == 3)
        // Not template1, which is a template, and not postgres, in which nobody has made anything.
        #expect(report.checked[.reload] == 1)
        #expect(report.notes.contains("the extension amcheck was made in healthy for the check, and rolled back"))
        let checksums = try await session().query("SHOW data_checksums")
        #expect(report.verdict(of: .checksums) == (checksums[0, 0] == "on" ? .intact : .inconclusive))
        let after = try FileManager.default.contentsOfDirectory(atPath: "/tmp").filter { $0.hasPrefix("brink-dump") }
        #expect(before == after)
        #expect(try await session("healthy").query("SELECT 1 FROM pg_extension WHERE extname = 'amcheck'").isEmpty)
        #expect(try await session().query("SELECT 1 FROM pg_database WHERE datname = 'brink_reload'").isEmpty)
    }

    @Test func aViolatedForeignKey() async throws {
        try await makeDatabase(
            "orphans",
            """
            CREATE TABLE parent (id int PRIMARY KEY);
            CREATE TABLE child (parent int CONSTRAINT belongs REFERENCES parent);
            INSERT INTO parent VALUES (1);
            INSERT INTO child VALUES (1), (NULL);
            """)
        let before = try await check("orphans", [.foreignKeys])
        #expect(before.verdict == .intact)
        try await session("orphans").execute(
            "ALTER TABLE child DISABLE TRIGGER ALL; INSERT INTO child VALUES (7), (8); ALTER TABLE child ENABLE TRIGGER ALL"
        )
        let report = try await check("orphans", [.foreignKeys, .reload])
        #expect(report.verdict == .damaged)
        #expect(
            report.findings.first?.description
                == "foreign-keys, orphans, belongs of public.child: 2 rows refer to one that is not there")
        // The constraint cannot be made again.
        #expect(report.findings.contains { $0.check == .reload && $0.message.contains("belongs") })
        try await session().execute("DROP DATABASE orphans WITH (FORCE)")
    }

    @Test func violationsOfOddForeignKeys() async throws {
        try await makeDatabase(
            "odd_orphans",
            """
            CREATE TABLE parent (a bigint, b text, PRIMARY KEY (b, a));
            INSERT INTO parent VALUES (1, 'x');
            CREATE TABLE full_child (b varchar, a int, CONSTRAINT whole FOREIGN KEY (a, b) REFERENCES parent (a, b)
                MATCH FULL);
            CREATE TABLE simple_child (b varchar, a int, CONSTRAINT partly FOREIGN KEY (a, b) REFERENCES parent (a, b));
            CREATE TABLE parts (id int, a int, b text, CONSTRAINT spread FOREIGN KEY (a, b) REFERENCES parent (a, b))
                PARTITION BY LIST (id);
            CREATE TABLE parts_one PARTITION OF parts FOR VALUES IN (1);
            SET session_replication_role = replica;
            INSERT INTO full_child VALUES ('x', 1), (NULL, NULL), ('x', NULL), ('y', 1);
            INSERT INTO simple_child VALUES ('x', 1), (NULL, NULL), ('x', NULL), ('y', 1);
            INSERT INTO parts VALUES (1, 1, 'x'), (1, 2, 'x');
            """)
        let report = try await check("odd_orphans", [.foreignKeys])
        let counts = report.findings.map { "\($0.object ?? "") \($0.message.prefix(1))" }
        #expect(
            counts.sorted() == [
                "partly of public.simple_child 1", "spread of public.parts 1", "whole of public.full_child 2",
            ])
        #expect(report.checked[.foreignKeys] == 3)
        try await session().execute("DROP DATABASE odd_orphans WITH (FORCE)")
    }

    @Test func aConstraintThatPromisesNothing() async throws {
        try await makeDatabase(
            "lenient",
            """
            CREATE TABLE parent (id int PRIMARY KEY);
            CREATE TABLE child (parent int);
            INSERT INTO child VALUES (7);
            ALTER TABLE child ADD FOREIGN KEY (parent) REFERENCES parent NOT VALID;
            """)
        let report = try await check("lenient", [.foreignKeys])
        #expect(report.findings.isEmpty)
        #expect(report.notes.count == 1)
        // Nothing was looked at: that is not health.
        #expect(report.verdict == .inconclusive)
        #expect(report.verdict(of: .foreignKeys) == .inconclusive)
        try await session().execute("DROP DATABASE lenient WITH (FORCE)")
    }

    /// A page of 8 KiB: 24 bytes of header, then four for each line pointer (PostgreSQL documentation, "Database Page
    /// Layout"); its offset has 15 bits, its flags 2, its length 15.
    private func changeLinePointer(
        of path: String, block: UInt64, number: UInt64, _ change: (UInt32) -> UInt32
    ) throws {
        let file = try FileHandle(forUpdating: URL(filePath: path))
        let place = block * 8192 + 24 + (number - 1) * 4
        try file.seek(toOffset: place)
        let bytes = try #require(try file.read(upToCount: 4))
        let old = bytes.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let new = change(old)
        try file.seek(toOffset: place)
        try file.write(contentsOf: (0..<4).map { UInt8(truncatingIfNeeded: new >> ($0 * 8)) })
        try file.close()
    }

    private func file(of relation: String, in database: String) async throws -> String {
        let rows = try await session(database).query("SELECT pg_relation_filepath($1)", [relation])
        return "\(try cluster().dataDirectory)/\(try #require(rows[0, 0]))"
    }

    @Test func aDamagedIndexAndADamagedHeap() async throws {
        try await makeDatabase(
            "damaged",
            """
            CREATE TABLE numbers (n int PRIMARY KEY);
            INSERT INTO numbers SELECT generate_series(1, 100);
            CREATE TABLE words (word text);
            INSERT INTO words SELECT 'word ' || n FROM generate_series(1, 100) n;
            """)
        #expect(try await check("damaged", [.btreeIndexes, .heaps]).verdict == .intact)
        let index = try await file(of: "numbers_pkey", in: "damaged")
        let heap = try await file(of: "words", in: "damaged")
        try await cluster().stop()
        // An entry that is marked dead: the index is still in order, only a row has no entry any more.
        try changeLinePointer(of: index, block: 1, number: 10) { $0 | 0x1_8000 }
        // A line pointer that leads out of the page.
        try changeLinePointer(of: heap, block: 0, number: 10) { $0 | 0x7fff }
        try await cluster().start()
        // Since PostgreSQL 18 pages have checksums unless told otherwise.
        let connectionString = try cluster().connectionString + " options='-c ignore_checksum_failure=on'"
        let report = try await ServerIntegrity(
            connectionString, checks: [.btreeIndexes, .heaps], databases: ["damaged"]
        ).check()
        #expect(report.verdict == .damaged)
        let indexFinding = try #require(report.findings.first { $0.check == .btreeIndexes })
        #expect(indexFinding.object == "numbers_pkey")
        #expect(indexFinding.message.contains("lacks matching index tuple"))
        #expect(indexFinding.message.contains("SQLSTATE XX00"))
        #expect(report.findings.contains { $0.check == .heaps && $0.object == "words" })
        #expect(report.findings.count == 2)
        #expect(report.verdict(of: .btreeIndexes) == .damaged)
        // Without the comparison with the heap the index looks sound.
        let lax = try await PostgresSession.connect(connectionString + " dbname=damaged")
        try await lax.execute(
            "BEGIN; CREATE EXTENSION amcheck; SELECT bt_index_check('numbers_pkey', heapallindexed => false); ROLLBACK")
        lax.close()
        try await session().execute("DROP DATABASE damaged WITH (FORCE)")
    }

    @Test func aPageWithAWrongChecksum() async throws {
        let own = try await FixtureCluster()
        try await own.enableChecksums()
        try await own.start()
        let session = try await PostgresSession.connect(own.connectionString)
        try await session.execute("CREATE TABLE words AS SELECT 'word ' || n AS word FROM generate_series(1, 100) n")
        let clean = try await ServerIntegrity(own.connectionString, checks: [.checksums]).check()
        #expect(clean.verdict == .intact)
        let rows = try await session.query("SELECT pg_relation_filepath('words')")
        let path = "\(own.dataDirectory)/\(try #require(rows[0, 0]))"
        await own.stop()
        try changeLinePointer(of: path, block: 0, number: 10) { $0 ^ 1 }
        try await own.start()
        // The checks themselves read the page; the server counts it when their session ends.
        let report = try await ServerIntegrity(
            own.connectionString, checks: [.heaps, .reload], databases: ["postgres"]
        ).check()
        #expect(report.findings.contains { $0.check == .heaps && $0.message.contains("invalid page") })
        #expect(report.findings.contains { $0.check == .reload && $0.message.contains("invalid page") })
        var late = clean
        for _ in 0..<100 where late.findings.isEmpty {
            late = try await ServerIntegrity(own.connectionString, checks: [.checksums]).check()
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(late.verdict == .damaged)
        #expect(late.findings.first?.database == "postgres")
        try await own.delete()
    }

    @Test func anotherDatabaseOfTheNameStays() async throws {
        try await makeDatabase("brink_reload", "CREATE TABLE precious (id int)")
        try await makeDatabase("used", "CREATE TABLE words (word text)")
        let report = try await check("used", [.reload])
        #expect(report.verdict == .inconclusive)
        #expect(report.unchecked.count == 1)
        #expect(try await session("brink_reload").query("TABLE precious").isEmpty)
        try await session().execute("DROP DATABASE brink_reload WITH (FORCE)")
        try await session().execute("DROP DATABASE used WITH (FORCE)")
    }

    @Test func withoutPrograms() async throws {
        let report = try await ServerIntegrity(
            try cluster().connectionString, checks: [.reload], databases: ["postgres"], programs: "/nonexistent"
        ).check()
        #expect(report.verdict == .inconclusive)
        #expect(report.unchecked.first?.message.hasPrefix("no pg_dump in /nonexistent") == true)
    }

    @Test func onlyForSuperusers() async throws {
        try await session().execute("CREATE ROLE plain LOGIN")
        let integrity = ServerIntegrity("host=127.0.0.1 port=\(try cluster().port) user=plain dbname=postgres")
        await #expect(throws: PostgresError.self) { try await integrity.check() }
        try await session().execute("DROP ROLE plain")
    }

    @Test func aURIAndAnOddDatabaseName() async throws {
        try await session().execute(#"CREATE DATABASE "it's a \ ""name""""#)
        let name = #"it's a \ "name""#
        let inside = try await PostgresSession.connect(
            try cluster().connectionString + #" dbname='it\'s a \\ "name"'"#)
        try await inside.execute(#"CREATE SCHEMA "My checks"; CREATE EXTENSION amcheck SCHEMA "My checks""#)
        inside.close()
        let report = try await ServerIntegrity(
            "postgresql://postgres@127.0.0.1:\(try cluster().port)/postgres", databases: [name]
        ).check()
        #expect(report.verdict == .intact)
        #expect(report.checked[.reload] == 1)
        // One that is already there is used.
        #expect(!report.notes.contains { $0.contains("amcheck") })
        try await session().execute(#"DROP DATABASE "it's a \ ""name""""#)
    }

    @Test func aCancelledCheckLeavesNothingBehind() async throws {
        try await makeDatabase("cut_short", "CREATE TABLE words (word text)")
        let integrity = ServerIntegrity(try cluster().connectionString, databases: ["cut_short"])
        for delay in [20, 150, 250] {
            let running = Task { try await integrity.check() }
            try await Task.sleep(for: .milliseconds(delay))
            running.cancel()
            _ = await running.result
            #expect(try await session().query("SELECT 1 FROM pg_database WHERE datname = 'brink_reload'").isEmpty)
            let extensions = "SELECT 1 FROM pg_extension WHERE extname = 'amcheck'"
            #expect(try await session("cut_short").query(extensions).isEmpty)
        }
        try await session().execute("DROP DATABASE cut_short WITH (FORCE)")
    }
}
