import Postgres

/// Clients and server connections of a PgBouncer, from SHOW POOLS on its admin console.
public final class PoolerProbe: PollingProbe {
    private let question: RepeatedQuestion

    private static let sums = ["cl_active", "cl_waiting", "sv_active", "sv_idle"]

    /// - Parameters:
    ///   - console: libpq settings of the admin console.
    ///   - every: from one answer to the next question.
    public init(target: String, console: String, every: Duration = .milliseconds(100)) {
        question = RepeatedQuestion(console, every: every) { session in
            // The console knows the simple protocol only.
            guard let rows = try await session.execute("SHOW POOLS").last else { return [:] }
            return PoolerProbe.figures(of: rows, target)
        }
    }

    public func begin() { question.begin() }

    public func end() async { await question.end() }

    public func read(into values: inout [String: Double]) { question.read(into: &values) }

    private static func figures(of rows: PostgresRows, _ target: String) -> [String: Double] {
        // The console's own pool is none of the service's.
        let pools = (0..<rows.count).filter { rows[$0, "database"] != "pgbouncer" }
        func values(_ column: String) -> [Double] { pools.compactMap { rows[$0, column].flatMap { Double($0) } } }
        var figures: [String: Double] = [:]
        for name in sums { figures["\(target).pool.\(name)"] = values(name).reduce(0, +) }
        // In whole seconds and the microseconds besides.
        let waits = zip(values("maxwait"), values("maxwait_us")).map { $0 + $1 / 1e6 }
        figures["\(target).pool.maxwait"] = waits.max() ?? 0
        return figures
    }
}
