import LinuxSystem
import Postgres

/// The database without the service: connecting, reading a row, committing.
struct PostgresPhase: BaselinePhase {
    let subject: BaselineSubject
    let share = 0.12

    private static let connections = 5
    private static let fewest = 10

    func measure(in run: BaselineRun, into findings: inout RunFindings) async throws {
        for _ in 0..<Self.connections {
            let start = MonotonicClock.now()
            let session = try await PostgresSession.connect(subject.database)
            findings.add((MonotonicClock.now() - start).inSeconds, to: "pool.connect")
            session.close()
        }
        let session = try await PostgresSession.connect(subject.database)
        defer { session.close() }
        var count = 0
        while MonotonicClock.now() < run.end || count < Self.fewest {
            let start = MonotonicClock.now()
            _ = try await session.query("SELECT title FROM bookshop.books WHERE id = $1", ["\(1 + count % 1000)"])
            findings.add((MonotonicClock.now() - start).inSeconds, to: "postgres.select")
            findings.add(try await commit(session), to: "postgres.commit")
            count += 1
        }
    }

    /// A transaction that writes to the log alone: no table is needed, and its commit is flushed as any other's.
    private func commit(_ session: PostgresSession) async throws -> Double {
        _ = try await session.execute("BEGIN; SELECT pg_logical_emit_message(true, 'brink', 'baseline')")
        let start = MonotonicClock.now()
        _ = try await session.execute("COMMIT")
        return (MonotonicClock.now() - start).inSeconds
    }
}
