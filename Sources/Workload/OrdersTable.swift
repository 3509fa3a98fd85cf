import Postgres

/// The table that a load of plain SQL writes to, in a schema of Brink's own.
struct OrdersTable: Sendable {
    static let name = "brink.orders"

    /// Whoever makes or drops it holds this advisory lock, so that two runs do not do so under each other.
    private static let lock = "SELECT pg_advisory_xact_lock(7236833764214)"
    /// Tells a table that a run has made from one that somebody wants to keep.
    private static let mark = "made by brink for a run, and dropped after it"

    /// Out of the way of faults on the load's own sessions.
    static let options = PostgresSessionOptions(applicationName: "brink-load")

    /// libpq settings of the server.
    let connection: String

    /// Makes it where it is missing.
    func make() async throws(PostgresError) {
        let session = try await PostgresSession.connect(connection, options: OrdersTable.options)
        defer { session.close() }
        try await session.execute(
            """
            BEGIN; \(Self.lock); CREATE SCHEMA IF NOT EXISTS brink;
            DO $$ BEGIN
                IF to_regclass('\(Self.name)') IS NULL THEN
                    CREATE TABLE \(Self.name) (key text PRIMARY KEY, book int NOT NULL, quantity int NOT NULL);
                    COMMENT ON TABLE \(Self.name) IS '\(Self.mark)';
                END IF;
            END $$;
            COMMIT
            """)
    }

    /// Takes a run's rows back; with the last ones goes a table that a run has made, and its schema.
    /// - Parameter keyPrefix: of the run's rows.
    func remove(_ keyPrefix: String) async throws(PostgresError) {
        let session = try await PostgresSession.connect(connection, options: OrdersTable.options)
        defer { session.close() }
        try await session.execute("BEGIN; \(Self.lock)")
        try await session.query("DELETE FROM \(Self.name) WHERE starts_with(key, $1)", [keyPrefix])
        try await session.execute(
            """
            DO $$ BEGIN
                IF obj_description('\(Self.name)'::regclass) = '\(Self.mark)'
                   AND NOT EXISTS (SELECT FROM \(Self.name)) THEN
                    DROP TABLE \(Self.name);
                    BEGIN
                        DROP SCHEMA brink;
                    EXCEPTION WHEN dependent_objects_still_exist THEN NULL;
                    END;
                END IF;
            END $$;
            COMMIT
            """)
    }
}
