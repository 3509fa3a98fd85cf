/// The B-tree indexes and heaps of one database, user tables and catalogs, looked at by the extension amcheck.
struct RelationIntegrity {
    let session: PostgresSession
    let database: String
    /// `btreeIndexes` and `heaps`.
    let checks: Set<IntegrityCheck>

    /// Of one damaged heap.
    private static let messageLimit = 20

    /// All within one transaction, that an extension made for it is not left behind; each relation within a savepoint,
    /// that its locks are not kept.
    func check(_ report: inout IntegrityReport) async {
        guard !checks.isEmpty else { return }
        do throws(PostgresError) {
            try await session.execute("BEGIN")
            let amcheck = try await AmcheckExtension(in: session)
            if amcheck.isTemporary {
                report.notes.append("the extension amcheck was made in \(database) for the check, and rolled back")
            }
            if checks.contains(.btreeIndexes) { try await checkIndexes(amcheck.schema, &report) }
            if checks.contains(.heaps) {
                if session.serverVersion >= 140_000 {
                    try await checkHeaps(amcheck.schema, &report)
                } else {
                    report.notes.append("heaps of \(database) were not looked at: verify_heapam is there from 14 on")
                }
            }
        } catch {
            for check in checks { report.miss(check, database, nil, error.description) }
        }
        do throws(PostgresError) {
            if !session.isClosed { try await session.execute("ROLLBACK") }
        } catch {
            report.notes.append("\(database): \(error)")
        }
    }

    private func checkIndexes(_ amcheck: String, _ report: inout IntegrityReport) async throws(PostgresError) {
        let indexes = try await relations(
            """
            FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid JOIN pg_am a ON a.oid = c.relam
            WHERE c.relkind = 'i' AND a.amname = 'btree' AND i.indisvalid AND i.indisready
            """)
        for (oid, name) in indexes {
            let failure = try await attempt(
                "SELECT \(amcheck).bt_index_check(index => \(oid)::regclass, heapallindexed => true)", oid
            ).failure
            if let failure {
                report.sort(failure, .btreeIndexes, database, name)
            } else {
                report.count(.btreeIndexes)
            }
        }
    }

    private func checkHeaps(_ amcheck: String, _ report: inout IntegrityReport) async throws(PostgresError) {
        let heaps = try await relations(
            """
            FROM pg_class c JOIN pg_am a ON a.oid = c.relam
            WHERE c.relkind IN ('r', 'm', 't') AND a.amname = 'heap'
            """)
        for (oid, name) in heaps {
            let (rows, failure) = try await attempt(
                """
                SELECT blkno, offnum, msg FROM \(amcheck).verify_heapam(relation => \(oid)::regclass, \
                check_toast => true) LIMIT \(Self.messageLimit)
                """, oid)
            if let failure {
                report.sort(failure, .heaps, database, name)
                continue
            }
            report.count(.heaps)
            guard let rows else { continue }
            for row in 0..<rows.count {
                report.find(
                    .heaps, database, name,
                    "block \(rows[row, 0] ?? "?"), line \(rows[row, 1] ?? "?"): \(rows[row, 2] ?? "")")
            }
        }
    }

    /// Of other sessions' temporary tables nothing can be read, of unlogged ones nothing is there on a standby.
    private func relations(_ source: String) async throws(PostgresError) -> [(oid: String, name: String)] {
        let rows = try await session.query(
            """
            SELECT c.oid, c.oid::regclass \(source) AND c.relpersistence <> 't'
            AND NOT (c.relpersistence = 'u' AND pg_is_in_recovery()) ORDER BY c.oid
            """)
        return (0..<rows.count).compactMap { row in rows[row, 0].map { ($0, rows[row, 1] ?? $0) } }
    }

    /// Runs one check in a savepoint.
    /// - Returns: the rows, or the failure that is the relation's own. Neither for one that was dropped meanwhile.
    /// - Throws: when the session has ended.
    private func attempt(
        _ sql: String, _ oid: String
    ) async throws(PostgresError) -> (rows: PostgresRows?, failure: PostgresError?) {
        do throws(PostgresError) {
            let results = try await session.execute("SAVEPOINT brink; \(sql); ROLLBACK TO brink; RELEASE brink")
            return (results.dropFirst().first, nil)
        } catch {
            guard !session.isClosed else { throw error }
            try await session.execute("ROLLBACK TO brink; RELEASE brink")
            let isThere = try await session.query("SELECT 1 FROM pg_class WHERE oid = $1::oid", [oid])
            return (nil, isThere.isEmpty ? nil : error)
        }
    }
}
