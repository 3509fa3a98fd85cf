import LinuxSystem
import Postgres

/// The server that a standby streams from, asked for the other end of the link.
actor PrimaryLink {
    /// What it shows of the standby.
    struct Sight: Sendable {
        /// End of its WAL, in bytes from the beginning.
        var end: Double
        /// Whether the standby's slot is in use.
        var isFollowed: Bool
        /// Whether the slot is there at all.
        var hasSlot: Bool
    }

    private var connection: String?
    private var slot = ""

    /// Takes note of where a standby streams from, before that is changed.
    /// - Parameter session: one of the standby's.
    func learn(from session: PostgresSession) async throws(PostgresError) {
        let rows = try await session.query(
            "SELECT current_setting('primary_conninfo'), current_setting('primary_slot_name')")
        guard let settings = rows[0, 0], !settings.isEmpty else { return }
        connection = "\(settings) dbname=postgres"
        slot = rows[0, 1] ?? ""
    }

    /// Nil where the standby streams without one.
    var slotName: String? { slot.isEmpty ? nil : slot }

    /// Drops the standby's slot. Whoever uses it is ended first, and may be back before that.
    func dropSlot(within patience: Duration) async throws {
        let end = MonotonicClock.now() + patience
        while true {
            do {
                try await ask("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $1")
                try await ask(
                    "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1")
                return
            } catch let error as PostgresError {
                // 55006: the slot is in use.
                guard error.sqlState == "55006", MonotonicClock.now() < end else { throw error }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    /// Makes the slot again, which keeps WAL from now on, unless it is there.
    func makeSlot() async throws {
        try await ask(
            """
            SELECT pg_create_physical_replication_slot($1, true)
            WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = $1)
            """)
    }

    private func ask(_ sql: String) async throws {
        guard let connection else { return }
        let options = PostgresSessionOptions(
            connectTimeout: DatabaseAccess.patience, statementTimeout: DatabaseAccess.patience,
            applicationName: "brink-slot")
        let session = try await PostgresSession.connect(connection, options: options)
        defer { session.close() }
        try await session.query(sql, [slot])
    }

    /// - Returns: nil when the server does not answer, or not to Brink.
    func look() async -> Sight? {
        guard let connection else { return nil }
        let options = PostgresSessionOptions(
            connectTimeout: DatabaseAccess.patience, statementTimeout: DatabaseAccess.patience)
        guard let session = try? await PostgresSession.connect(connection, options: options) else { return nil }
        defer { session.close() }
        let rows = try? await session.query(
            """
            SELECT pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn()
                                        ELSE pg_current_wal_flush_lsn() END, '0/0'),
                   (SELECT count(*) FROM pg_replication_slots WHERE slot_name = $1 AND active),
                   (SELECT count(*) FROM pg_replication_slots WHERE slot_name = $1)
            """, [slot])
        guard let rows, rows[0, 0] != nil else { return nil }
        return Sight(end: rows.number(0), isFollowed: rows.number(1) > 0, hasSlot: rows.number(2) > 0)
    }
}
