import Postgres

/// Sessions of a PostgreSQL server by state, transactions that reach a database of it, and of a standby how far it is
/// behind.
public final class PostgresProbe: PollingProbe {
    /// The database whose transactions are counted.
    public enum Counted: Sendable {
        /// Another than the one that the probe itself is in.
        case other(String)
        /// The probe's own.
        case own

        fileprivate var name: String? {
            if case .other(let name) = self { name } else { nil }
        }
    }

    private let question: RepeatedQuestion

    private static let names =
        ["active", "idle", "idleInTransaction", "waiting", "total"].map { "connections.\($0)" }
        + ["streaming", "lag", "unreplayed"].map { "replication.\($0)" }

    /// A standby that has replayed all that it received is not late, however long ago the last commit was ("pg_stat_*",
    /// "Recovery Information Functions"). A primary has none of these figures.
    private static let statement = """
        SELECT count(*) FILTER (WHERE state = 'active'), count(*) FILTER (WHERE state = 'idle'),
               count(*) FILTER (WHERE state LIKE 'idle in transaction%'),
               count(*) FILTER (WHERE state = 'active' AND wait_event_type = 'Lock'), count(*),
               CASE WHEN pg_is_in_recovery()
                    THEN (SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming') END,
               CASE WHEN NOT pg_is_in_recovery() THEN NULL
                    WHEN pg_last_wal_receive_lsn() <= pg_last_wal_replay_lsn() THEN 0
                    ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END,
               CASE WHEN pg_is_in_recovery()
                    THEN greatest(0, pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())) END,
               (SELECT xact_commit + xact_rollback FROM pg_stat_database
                WHERE datname = coalesce($1::text, current_database()))
        FROM pg_stat_activity
        WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
        """

    /// - Parameters:
    ///   - database: a connection string that does not lead through what is disturbed, of a role that sees all sessions.
    ///   - counting: whose transactions are counted, without those of Brink's own sessions.
    ///   - every: from one answer to the next question.
    ///   - isStopping: whether the server shuts down; then the probe leaves, for a smart shutdown would wait for it.
    public init(
        target: String, database: String, counting: Counted, every: Duration = .milliseconds(100),
        isStopping: @escaping @Sendable () -> Bool
    ) {
        let transactions = TransactionRate()
        question = RepeatedQuestion(database, every: every, mayAsk: { !isStopping() }) { session in
            let rows = try await session.query(PostgresProbe.statement, [counting.name])
            var values: [String: Double] = [:]
            for (column, name) in PostgresProbe.names.enumerated() {
                values["\(target).\(name)"] = rows[0, column].flatMap { Double($0) }
            }
            if let total = rows[0, PostgresProbe.names.count].flatMap({ Double($0) }) {
                let place = counting.name.map { session.place.other($0) } ?? session.place
                let ours = ObserverTransactions.shared.count(in: place)
                values["\(target).transactions.perSecond"] = transactions.take(total, ours: Double(ours))
                values["\(target).transactions.counted"] = total - Double(ours)
            }
            return values
        }
    }

    public func begin() { question.begin() }

    public func end() async { await question.end() }

    public func read(into values: inout [String: Double]) { question.read(into: &values) }
}
