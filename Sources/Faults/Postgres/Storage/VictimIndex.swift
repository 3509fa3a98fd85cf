import Engine
import Postgres

/// A B-tree index as the catalogs describe it.
struct VictimIndex: Sendable {
    let oid: String
    /// With its schema, quoted.
    let name: String
    /// Its file, below the data directory.
    let file: String
    let keyForm: KeyForm
    /// As EXPLAIN shows it.
    private let plainName: String
    private let table: String
    /// The condition of a partial index.
    private let condition: String
    /// Its columns as ORDER BY wants them.
    private let order: String

    /// - Throws: `FaultError` when there is no such index, or it is none to corrupt.
    init(_ index: String, in session: PostgresSession) async throws {
        let rows = try await session.query(
            """
            SELECT c.oid, format('%I.%I', n.nspname, c.relname), pg_relation_filepath(c.oid), k.attlen, k.attbyval,
                c.relname, i.indrelid::regclass, coalesce(pg_get_expr(i.indpred, i.indrelid), 'true'),
                (SELECT string_agg(format('(%s)%s %s NULLS %s', pg_get_indexdef(c.oid, p, true),
                    (SELECT format(' COLLATE %I.%I', s.nspname, o.collname) FROM pg_collation o
                        JOIN pg_namespace s ON s.oid = o.collnamespace WHERE o.oid = i.indcollation[p - 1]),
                    CASE WHEN i.indoption[p - 1] & 1 = 1 THEN 'DESC' ELSE 'ASC' END,
                    CASE WHEN i.indoption[p - 1] & 2 = 2 THEN 'FIRST' ELSE 'LAST' END), ', ' ORDER BY p)
                    FROM generate_series(1, i.indnkeyatts) p),
                n.nspname, c.relkind, a.amname, i.indisvalid AND i.indisready, c.relpersistence
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_index i ON i.indexrelid = c.oid JOIN pg_am a ON a.oid = c.relam
            JOIN pg_attribute k ON k.attrelid = c.oid AND k.attnum = 1
            WHERE c.oid = to_regclass($1)
            """, [index])
        guard rows.count == 1, let oid = rows[0, 0], let name = rows[0, 1], let table = rows[0, 6],
            let length = rows[0, 3].flatMap({ Int($0) }), let order = rows[0, 8], let schema = rows[0, 9]
        else { throw FaultError("there is no index \(index) in the database that was asked") }
        guard !schema.hasPrefix("pg_"), schema != "information_schema" else {
            throw FaultError("refused: \(name) belongs to PostgreSQL itself")
        }
        guard rows[0, 10] == "i", rows[0, 11] == "btree", rows[0, 12] == "t", rows[0, 13] != "t",
            let file = rows[0, 2]
        else {
            throw FaultError("refused: \(name) is no valid B-tree index with a file of its own that outlasts a session")
        }
        // Another tablespace is somewhere else than the cluster that Brink made.
        let parts = file.split(separator: "/")
        guard parts.count == 3, parts[0] == "base", parts[1...].allSatisfy({ UInt32($0) != nil }) else {
            throw FaultError("refused: the file \(file) of \(name) is not in the cluster's own tablespace")
        }
        self.oid = oid
        self.name = name
        self.file = file
        self.table = table
        self.order = order
        keyForm = KeyForm(length: length, isByValue: rows[0, 4] == "t")
        plainName = rows[0, 5] ?? ""
        condition = rows[0, 7] ?? "true"
    }

    /// Whether it can be damaged so, and its repair be proved.
    func confirm(in session: PostgresSession, checksums: Bool) async throws {
        if checksums {
            let rows = try await session.query("SHOW data_checksums")
            guard rows[0, 0] == "on" else {
                throw FaultError("the cluster has no data checksums: nothing would notice a damage of this kind")
            }
        }
        let plan = try await withScan(.index, in: session) { session in
            try await session.query("EXPLAIN (FORMAT JSON) \(count(.index))")
        }
        guard plan[0, 0]?.contains("\"Index Name\": \"\(plainName)\"") ?? false else {
            throw FaultError(
                "refused: no query of all rows in the order of \(name) is planned over it, so that its repair could not "
                    + "be proved; another index has the same columns, or its operators are unusual")
        }
    }

    /// Which of the rows the server shows.
    func visible(_ rows: [RowAddress], in session: PostgresSession) async throws -> Set<RowAddress> {
        let list = rows.map { "\"\($0)\"" }.joined(separator: ",")
        let found = try await session.query(
            "SELECT ctid FROM ONLY \(table) WHERE ctid = ANY ($1::tid[]) AND (\(condition))", ["{\(list)}"])
        let texts = Set((0..<found.count).compactMap { found[$0, 0] })
        return Set(rows.filter { texts.contains("\($0)") })
    }

    /// Makes it anew from its table, and proves that it is right.
    /// - Throws: what is still wrong.
    func rebuild(in session: PostgresSession) async throws {
        let patience = Duration.seconds(600)
        try await session.execute("SET lock_timeout = '60s'; REINDEX INDEX \(name)", timeout: patience)
        try await IndexIntegrity(oid, in: session, timeLimit: patience).prove()
        // One snapshot for both counts: the service goes on writing.
        try await session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        let byIndex = try await rows(by: .index, in: session, within: patience)
        let byTable = try await rows(by: .table, in: session, within: patience)
        try await session.execute("ROLLBACK")
        guard byIndex == byTable else {
            throw FaultError("after REINDEX an index scan counts \(byIndex) rows, a sequential scan \(byTable)")
        }
    }

    // MARK: Counting

    private enum Scan {
        case index
        case table

        /// Leaves the planner nothing else, or what it finds far too dear.
        var settings: String {
            let off =
                switch self {
                case .index: ["enable_seqscan", "enable_bitmapscan", "enable_sort", "enable_incremental_sort"]
                case .table: ["enable_indexscan", "enable_indexonlyscan", "enable_bitmapscan"]
                }
            return (off.map { "SET LOCAL \($0) = off" } + ["SET LOCAL max_parallel_workers_per_gather = 0"])
                .joined(separator: "; ")
        }
    }

    private func count(_ scan: Scan) -> String {
        switch scan {
        case .index:
            "SELECT count(*) FROM (SELECT 1 FROM ONLY \(table) WHERE \(condition) ORDER BY \(order)) found"
        case .table:
            "SELECT count(*) FROM ONLY \(table) WHERE \(condition)"
        }
    }

    private func rows(by scan: Scan, in session: PostgresSession, within limit: Duration) async throws -> String {
        try await session.execute("SAVEPOINT scan; \(scan.settings)")
        let rows = try await session.query(count(scan), timeout: limit)
        try await session.execute("ROLLBACK TO scan")
        return rows[0, 0] ?? "no"
    }

    private func withScan<Value: Sendable>(
        _ scan: Scan, in session: PostgresSession, _ body: (PostgresSession) async throws -> Value
    ) async throws -> Value {
        try await session.execute("BEGIN READ ONLY; \(scan.settings)")
        let value = try await body(session)
        try await session.execute("ROLLBACK")
        return value
    }
}
