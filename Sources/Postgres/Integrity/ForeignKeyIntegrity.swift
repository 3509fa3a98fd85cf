/// Counts the rows that refer to nothing, without trust in the constraint or in an index.
struct ForeignKeyIntegrity {
    let session: PostgresSession
    let database: String

    func check(_ report: inout IntegrityReport) async {
        do throws(PostgresError) {
            let doubtful = try await session.query(
                """
                SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND conparentid = 0 AND NOT (\(isPromised))
                """)
            if !doubtful.isEmpty, let count = doubtful[0, 0], count != "0" {
                report.notes.append(
                    "\(count) foreign keys of \(database) promise nothing about all rows (not valid, or with a period)")
            }
            let keys = try await session.query(question)
            for row in 0..<keys.count {
                guard let table = keys[row, 0], let name = keys[row, 1], let count = keys[row, 2] else { continue }
                try await check("\(name) of \(table)", count, &report)
            }
        } catch {
            report.sort(error, .foreignKeys, database)
        }
    }

    private func check(_ name: String, _ count: String, _ report: inout IntegrityReport) async throws(PostgresError) {
        do throws(PostgresError) {
            let results = try await session.execute(
                """
                BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
                SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off;
                SET LOCAL enable_bitmapscan = off; SET LOCAL row_security = off;
                \(count);
                COMMIT
                """)
            guard let rows = results.dropLast().last, !rows.isEmpty, let violations = rows[0, 0] else { return }
            report.count(.foreignKeys)
            if violations != "0" {
                report.find(.foreignKeys, database, name, "\(violations) rows refer to one that is not there")
            }
        } catch {
            report.sort(error, .foreignKeys, database, name)
            guard !session.isClosed else { throw error }
            try await session.execute("ROLLBACK")
        }
    }

    /// Columns of 18: an interval of time need not be that of one row.
    private var isPromised: String {
        session.serverVersion >= 180_000 ? "convalidated AND NOT conperiod" : "convalidated"
    }

    /// The server itself puts the counting queries together, with its own quoting and the operators of the constraint.
    /// A constraint holds for a plain table without its heirs, for a partitioned one with all parts; with MATCH FULL
    /// only a row without any reference is free of it (PostgreSQL documentation, CREATE TABLE).
    private var question: String {
        """
        SELECT format('%I.%I', child_space.nspname, child.relname), conname, format(
            'SELECT count(*) FROM %s %I.%I AS child WHERE %s AND NOT EXISTS (SELECT FROM %s %I.%I AS parent WHERE %s)',
            CASE child.relkind WHEN 'p' THEN '' ELSE 'ONLY' END, child_space.nspname, child.relname,
            CASE confmatchtype WHEN 'f' THEN 'NOT (' || part.all_null || ')' ELSE part.none_null END,
            CASE parent.relkind WHEN 'p' THEN '' ELSE 'ONLY' END, parent_space.nspname, parent.relname, part.equal)
        FROM pg_constraint
        JOIN pg_class child ON child.oid = conrelid
        JOIN pg_namespace child_space ON child_space.oid = child.relnamespace
        JOIN pg_class parent ON parent.oid = confrelid
        JOIN pg_namespace parent_space ON parent_space.oid = parent.relnamespace
        CROSS JOIN LATERAL (
            SELECT string_agg(format('child.%I IS NULL', here.attname), ' AND ') AS all_null,
                string_agg(format('child.%I IS NOT NULL', here.attname), ' AND ') AS none_null,
                string_agg(format('parent.%I OPERATOR(%I.%s) child.%I', there.attname, space.nspname, oprname,
                    here.attname), ' AND ') AS equal
            FROM unnest(conkey, confkey, conpfeqop) AS pair (here, there, operator)
            JOIN pg_attribute here ON here.attrelid = conrelid AND here.attnum = pair.here
            JOIN pg_attribute there ON there.attrelid = confrelid AND there.attnum = pair.there
            JOIN pg_operator ON pg_operator.oid = pair.operator
            JOIN pg_namespace space ON space.oid = oprnamespace) part
        WHERE contype = 'f' AND conparentid = 0 AND \(isPromised)
        ORDER BY pg_constraint.oid
        """
    }
}
