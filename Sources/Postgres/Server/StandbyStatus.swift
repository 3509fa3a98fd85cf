/// What a standby says of its replication.
public struct StandbyStatus: Hashable, Sendable {
    /// Whether it replays WAL; false once it was promoted.
    public var isInRecovery: Bool
    /// Of its walreceiver, such as `streaming`; nil without one.
    public var receiver: String?
    /// End of the WAL that it has received and flushed, and of what it has replayed, in bytes from the beginning.
    public var received: Double
    public var replayed: Double
    /// When the commit that it replayed last was made, in seconds of the epoch by the primary's clock; 0 for none.
    public var lastCommit: Double
    /// The standby's clock.
    public var now: Double
    /// Whether replay is paused, not only asked to.
    public var isReplayPaused: Bool
    public var timeline: Int

    public var isStreaming: Bool { receiver == "streaming" }

    /// - Parameter session: one of the standby's, of a role that may see its walreceiver.
    public init(asking session: PostgresSession) async throws(PostgresError) {
        // Since PostgreSQL 14 a request to pause and the pause itself are told apart.
        let tellsState = session.serverVersion >= 140_000
        let paused = tellsState ? "pg_get_wal_replay_pause_state() = 'paused'" : "pg_is_wal_replay_paused()"
        let rows = try await session.query(
            """
            SELECT r, (SELECT status FROM pg_stat_wal_receiver),
                   pg_wal_lsn_diff(pg_last_wal_receive_lsn(), '0/0'), pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0'),
                   extract(epoch FROM pg_last_xact_replay_timestamp()), extract(epoch FROM clock_timestamp()),
                   CASE WHEN r THEN \(paused) ELSE false END,
                   CASE WHEN r THEN (SELECT timeline_id FROM pg_control_checkpoint())
                        ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END
            FROM pg_is_in_recovery() r
            """)
        func number(_ column: Int) -> Double { rows[0, column].flatMap { Double($0) } ?? 0 }
        isInRecovery = rows[0, 0] == "t"
        receiver = rows[0, 1]
        replayed = number(3)
        // After a restart it replays what it has before it receives anything.
        received = max(number(2), replayed)
        lastCommit = number(4)
        now = number(5)
        isReplayPaused = rows[0, 6] == "t"
        timeline = Int(number(7))
    }
}
