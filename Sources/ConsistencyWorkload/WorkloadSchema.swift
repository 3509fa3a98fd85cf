import Postgres

extension PostgresSessionOptions {
    /// What is made and dropped around a workload is Brink's own, and out of the way of faults on sessions. The clients of
    /// a workload are not: they have a name that such faults do not spare.
    static let housekeeping = PostgresSessionOptions(applicationName: "brink-consistency")
}

/// The schema in which the workloads keep their tables, one for each run.
public enum WorkloadSchema {
    public static let name = "brink_consistency"

    /// Whatever makes or drops the schema holds this advisory lock, so that two runs do not drop it under each other.
    private static let lock = "SELECT pg_advisory_xact_lock(7236833764213)"

    /// Drops the schema with all tables in it, of other runs too.
    public static func drop(_ connectionString: String) async throws(PostgresError) {
        let session = try await PostgresSession.connect(connectionString, options: .housekeeping)
        defer { session.close() }
        try await session.execute("BEGIN; \(lock); DROP SCHEMA IF EXISTS \(name) CASCADE; COMMIT")
    }

    /// Sees it to its end even when the task is cancelled: a table that was made by a statement whose answer nobody waited
    /// for would stay behind.
    /// - Parameter columns: of a new table, in SQL.
    /// - Returns: the table's qualified name.
    static func makeTable(
        _ kind: String, columns: String, through session: PostgresSession
    ) async throws(PostgresError) -> String {
        let outcome: Result<String, PostgresError> = await Task {
            do throws(PostgresError) {
                return .success(try await make(kind, columns: columns, through: session))
            } catch {
                return .failure(error)
            }
        }.value
        return try outcome.get()
    }

    private static func make(
        _ kind: String, columns: String, through session: PostgresSession
    ) async throws(PostgresError) -> String {
        try await session.execute("BEGIN; \(lock); CREATE SCHEMA IF NOT EXISTS \(name)")
        // A backend's number may come again, the clock does not.
        let moment = try await session.query("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
        let table = "\(name).\(kind)_\(session.backendPID)_\(moment.isEmpty ? "0" : moment[0, 0] ?? "0")"
        try await session.execute("CREATE TABLE \(table) (\(columns)); COMMIT")
        return table
    }

    /// Drops a table, and the schema with the last one.
    static func dropTable(_ table: String, through session: PostgresSession) async throws(PostgresError) {
        try await session.execute(
            """
            BEGIN; \(lock); DROP TABLE IF EXISTS \(table);
            DO $$ BEGIN
                DROP SCHEMA IF EXISTS \(name);
            EXCEPTION WHEN dependent_objects_still_exist THEN NULL;
            END $$;
            COMMIT
            """)
    }
}
