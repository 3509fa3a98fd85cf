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
                   (SELECT count(*) FROM pg_replication_slots WHERE slot_name = $1 AND active)
            """, [slot])
        guard let rows, rows[0, 0] != nil else { return nil }
        return Sight(end: rows.number(0), isFollowed: rows.number(1) > 0)
    }
}
