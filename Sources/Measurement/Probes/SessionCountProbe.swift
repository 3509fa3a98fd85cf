import Postgres

/// Sessions of a PostgreSQL server by state, from pg_stat_activity.
public final class SessionCountProbe: PollingProbe {
    private let question: RepeatedQuestion

    private static let states = ["active", "idle", "idleInTransaction", "waiting", "total"]

    /// - Parameters:
    ///   - database: a connection string that does not lead through what is disturbed, of a role that sees all sessions.
    ///   - isStopping: whether the server shuts down; then the probe leaves, for a smart shutdown would wait for it.
    public init(target: String, database: String, isStopping: @escaping @Sendable () -> Bool) {
        question = RepeatedQuestion(database, mayAsk: { !isStopping() }) { session in
            let rows = try await session.query(
                """
                SELECT count(*) FILTER (WHERE state = 'active'), count(*) FILTER (WHERE state = 'idle'),
                       count(*) FILTER (WHERE state LIKE 'idle in transaction%'),
                       count(*) FILTER (WHERE state = 'active' AND wait_event_type = 'Lock'), count(*)
                FROM pg_stat_activity
                WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
                """)
            var values: [String: Double] = [:]
            for (column, name) in SessionCountProbe.states.enumerated() {
                values["\(target).connections.\(name)"] = rows[0, column].flatMap { Double($0) }
            }
            return values
        }
    }

    public func begin() { question.begin() }

    public func end() async { await question.end() }

    public func read(into values: inout [String: Double]) { question.read(into: &values) }
}
