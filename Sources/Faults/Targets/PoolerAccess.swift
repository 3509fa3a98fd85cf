import Engine
import LinuxSystem
import Postgres

/// How Brink speaks with a PgBouncer that was started for the run: over its admin console.
public struct PoolerAccess: Sendable {
    /// libpq settings of the console.
    public let connection: String
    /// The file that it reads when it starts and at RELOAD.
    public let configuration: String
    public let process: ProcessIdentity
    private let table: ProcessTable

    public init(
        connection: String, configuration: String, process: ProcessIdentity, table: ProcessTable = ProcessTable()
    ) {
        self.connection = connection
        self.configuration = configuration
        self.process = process
        self.table = table
    }

    /// Whether it is at its end, and what was changed in its memory with it. One that is ending closes its port before
    /// it leaves the process table, so a moment is waited.
    func hasEnded(within patience: Duration = .seconds(2)) async -> Bool {
        let end = MonotonicClock.now() + patience
        while table.isRunning(process) {
            guard MonotonicClock.now() < end else { return false }
            // A cancelled undo looks again without pause; that ends with the patience.
            try? await Task.sleep(for: .milliseconds(10))
        }
        return true
    }

    /// Gives the console one command. It speaks the simple protocol only.
    /// - Throws: what the connection or the console says.
    @discardableResult
    func tell(_ command: String, within patience: Duration = DatabaseAccess.patience) async throws -> PostgresRows {
        let options = PostgresSessionOptions(connectTimeout: patience, statementTimeout: patience)
        let session = try await PostgresSession.connect(connection, options: options)
        defer { session.close() }
        guard let rows = try await session.execute(command).last else {
            throw FaultError("the console of PgBouncer answered nothing to \(command)")
        }
        return rows
    }

    /// The databases that it pools, and whether each is paused.
    func databases() async throws -> [(name: String, isPaused: Bool)] {
        let rows = try await tell("SHOW DATABASES")
        return (0..<rows.count).compactMap { row in
            // The console itself is listed too.
            guard let name = rows[row, "name"], name != "pgbouncer" else { return nil }
            return (name, rows[row, "paused"] == "1")
        }
    }

    /// Sums over its pools, such as `cl_waiting`.
    func pools(_ columns: [String]) async throws -> Observation {
        let rows = try await tell("SHOW POOLS")
        var sums: Observation = [:]
        for row in 0..<rows.count where rows[row, "database"] != "pgbouncer" {
            for column in columns {
                sums[column, default: 0] += rows[row, column].flatMap { Double($0) } ?? 0
            }
        }
        return sums
    }

    /// A setting as it is in force.
    func setting(_ name: String) async throws -> String? {
        let rows = try await tell("SHOW CONFIG")
        return (0..<rows.count).first { rows[$0, "key"] == name }.flatMap { rows[$0, "value"] }
    }
}
