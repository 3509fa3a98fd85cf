import LinuxSystem
import Postgres
import Synchronization

/// Clients and server connections of a PgBouncer, from SHOW POOLS over a connection of its own to the admin console.
public final class PoolerProbe: PollingProbe {
    private let target: String
    private let console: String
    private let latest = Mutex<(time: Duration, values: [String: Double])?>(nil)
    private let loop = Mutex<Task<Void, Never>?>(nil)

    /// How old an answer may be to count as the present.
    private static let freshness = Duration.milliseconds(500)
    private static let sums = ["cl_active", "cl_waiting", "sv_active", "sv_idle"]

    /// - Parameter console: libpq settings of the admin console.
    public init(target: String, console: String) {
        self.target = target
        self.console = console
    }

    /// Starts to read ten times a second.
    public func begin() {
        let task = Task {
            while !Task.isCancelled {
                do {
                    try await self.readRepeatedly()
                } catch {
                    // The pooler is down, or stands still.
                    self.latest.withLock { $0 = nil }
                }
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
        guard let latest = latest.withLock({ $0 }), MonotonicClock.now() - latest.time < PoolerProbe.freshness
        else { return }
        values.merge(latest.values) { _, new in new }
    }

    private func readRepeatedly() async throws {
        let options = PostgresSessionOptions(connectTimeout: .seconds(1), statementTimeout: .seconds(1))
        let session = try await PostgresSession.connect(console, options: options)
        defer { session.close() }
        while !Task.isCancelled {
            // The console knows the simple protocol only.
            if let rows = try await session.execute("SHOW POOLS").last {
                let reading = (time: MonotonicClock.now(), values: figures(of: rows))
                latest.withLock { $0 = reading }
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    private func figures(of rows: PostgresRows) -> [String: Double] {
        // The console's own pool is none of the service's.
        let pools = (0..<rows.count).filter { rows[$0, "database"] != "pgbouncer" }
        func values(_ column: String) -> [Double] { pools.compactMap { rows[$0, column].flatMap { Double($0) } } }
        var figures: [String: Double] = [:]
        for name in PoolerProbe.sums { figures["\(target).pool.\(name)"] = values(name).reduce(0, +) }
        // In whole seconds and the microseconds besides.
        let waits = zip(values("maxwait"), values("maxwait_us")).map { $0 + $1 / 1e6 }
        figures["\(target).pool.maxwait"] = waits.max() ?? 0
        return figures
    }
}
