import LinuxSystem
import Postgres
import Synchronization

/// Sessions of a PostgreSQL server by state, from pg_stat_activity over a connection of its own.
///
/// The reading runs beside the sampler and keeps the newest answer, since a server in trouble answers late or not.
public final class SessionCountProbe: PollingProbe {
    private let target: String
    private let database: String
    private let isStopping: @Sendable () -> Bool
    private let latest = Mutex<(time: Duration, values: [String: Double])?>(nil)
    private let loop = Mutex<Task<Void, Never>?>(nil)

    /// How old an answer may be to count as the present.
    private static let freshness = Duration.milliseconds(500)

    /// - Parameters:
    ///   - database: a connection string that does not lead through what is disturbed.
    ///   - isStopping: whether the server shuts down; then the probe leaves, for a smart shutdown would wait for it.
    public init(target: String, database: String, isStopping: @escaping @Sendable () -> Bool) {
        self.target = target
        self.database = database
        self.isStopping = isStopping
    }

    /// Starts to read ten times a second.
    public func begin() {
        let task = Task {
            while !Task.isCancelled {
                do {
                    try await self.readRepeatedly()
                } catch {
                    // The server is down: there is nothing to count until it is back.
                    self.latest.withLock { $0 = nil }
                }
                // A server that starts makes a process for each attempt; asking too often would slow it down.
                try? await Task.sleep(for: .milliseconds(500))
            }
        }
        loop.withLock { $0 = task }
    }

    /// Stops reading and closes the connection.
    public func end() async {
        let task = loop.withLock { $0 }
        task?.cancel()
        await task?.value
    }

    public func read(into values: inout [String: Double]) {
        guard let latest = latest.withLock({ $0 }), MonotonicClock.now() - latest.time < SessionCountProbe.freshness
        else { return }
        values.merge(latest.values) { _, new in new }
    }

    private func readRepeatedly() async throws {
        let options = PostgresSessionOptions(
            connectTimeout: .seconds(1), statementTimeout: .seconds(1), applicationName: "brink-probe")
        let session = try await PostgresSession.connect(database, options: options)
        defer { session.close() }
        while !Task.isCancelled, !isStopping() {
            let rows = try await session.query(
                """
                SELECT count(*) FILTER (WHERE state = 'active'), count(*) FILTER (WHERE state = 'idle'),
                       count(*) FILTER (WHERE state LIKE 'idle in transaction%'),
                       count(*) FILTER (WHERE state = 'active' AND wait_event_type = 'Lock'), count(*)
                FROM pg_stat_activity
                WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
                """)
            var values: [String: Double] = [:]
            for (column, name) in ["active", "idle", "idleInTransaction", "waiting", "total"].enumerated() {
                values["\(target).connections.\(name)"] = rows[0, column].flatMap { Double($0) }
            }
            let reading = (time: MonotonicClock.now(), values: values)
            latest.withLock { $0 = reading }
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}
