import Consistency
import Postgres

/// Tries each phenomenon with two sessions, step by step, without chance.
public struct PhenomenonCheck: Sendable {
    public let connectionString: String

    public init(_ connectionString: String) {
        self.connectionString = connectionString
    }

    /// - Throws: when the sessions or the table cannot be made, or the table cannot be dropped; what happens between is
    ///   an outcome.
    public func run(
        _ phenomena: [Phenomenon] = Phenomenon.allCases,
        at levels: [IsolationLevel] = [.readCommitted, .repeatableRead, .serializable]
    ) async throws(PostgresError) -> [PhenomenonResult] {
        let options = PostgresSessionOptions(statementTimeout: .seconds(5), applicationName: "brink-consistency")
        let first = try await PostgresSession.connect(connectionString, options: options)
        defer { first.close() }
        let second = try await PostgresSession.connect(connectionString, options: options)
        defer { second.close() }
        for session in [first, second] { try await session.execute("SET lock_timeout = '1s'") }
        let table = try await WorkloadSchema.makeTable(
            "phenomena", columns: "id int PRIMARY KEY, value int NOT NULL", through: first)
        var results: [PhenomenonResult] = []
        for level in levels {
            for phenomenon in phenomena {
                let trial = PhenomenonTrial(first: first, second: second, table: table, level: level)
                results.append(
                    PhenomenonResult(phenomenon: phenomenon, level: level, outcome: await trial.run(phenomenon)))
            }
        }
        // A trial that was cut short leaves locks behind, which the table's end would wait for.
        first.close()
        second.close()
        try await dropTable(table)
        return results
    }

    /// Through a session of its own, and even when the task was cancelled: the others may be broken.
    private func dropTable(_ table: String) async throws(PostgresError) {
        let outcome: Result<Void, PostgresError> = await Task {
            do throws(PostgresError) {
                let session = try await PostgresSession.connect(connectionString, options: .housekeeping)
                defer { session.close() }
                try await WorkloadSchema.dropTable(table, through: session)
                return .success(())
            } catch {
                return .failure(error)
            }
        }.value
        try outcome.get()
    }
}
