import Consistency
import Postgres

/// One phenomenon, tried once. The table has the rows 1 and 2, each with the value 1.
struct PhenomenonTrial {
    let first: PostgresSession
    let second: PostgresSession
    let table: String
    let level: IsolationLevel

    func run(_ phenomenon: Phenomenon) async -> PhenomenonResult.Outcome {
        do throws(PostgresError) {
            try await first.execute("BEGIN; DELETE FROM \(table); INSERT INTO \(table) VALUES (1, 1), (2, 1); COMMIT")
            for session in [first, second] {
                try await session.execute("BEGIN ISOLATION LEVEL \(level.sql)")
            }
        } catch {
            await rollBack()
            return .inconclusive("the trial could not be set up: \(error)")
        }
        let outcome: PhenomenonResult.Outcome
        do throws(PostgresError) {
            outcome = try await isObserved(phenomenon) ? .observed : .preventedBySnapshot
        } catch {
            outcome = Self.outcome(of: error)
        }
        await rollBack()
        return outcome
    }

    private static func outcome(of error: PostgresError) -> PhenomenonResult.Outcome {
        switch error.kind {
        case .server("55P03"): .preventedByWaiting
        // Class 40 is the transaction rolled back for the sake of others; anything else is no answer.
        case .server(let state) where state.hasPrefix("40"): .preventedByError(state)
        default: .inconclusive(error.description)
        }
    }

    private func isObserved(_ phenomenon: Phenomenon) async throws(PostgresError) -> Bool {
        switch phenomenon {
        case .dirtyRead:
            try await second.execute("UPDATE \(table) SET value = 2 WHERE id = 1")
            return try await number("SELECT value FROM \(table) WHERE id = 1", first) == 2
        case .nonRepeatableRead:
            return try await changes("SELECT value FROM \(table) WHERE id = 1") {
                () throws(PostgresError) in
                try await second.execute("UPDATE \(table) SET value = 2 WHERE id = 1; COMMIT")
            }
        case .phantom:
            return try await changes("SELECT count(*) FROM \(table) WHERE value = 1") {
                () throws(PostgresError) in
                try await second.execute("INSERT INTO \(table) VALUES (3, 1); COMMIT")
            }
        case .lostUpdate:
            for session in [first, second] { _ = try await number("SELECT value FROM \(table) WHERE id = 1", session) }
            try await first.execute("UPDATE \(table) SET value = 11 WHERE id = 1; COMMIT")
            try await second.execute("UPDATE \(table) SET value = 101 WHERE id = 1; COMMIT")
            return try await number("SELECT value FROM \(table) WHERE id = 1", first) == 101
        case .writeSkew:
            for session in [first, second] { _ = try await number("SELECT sum(value) FROM \(table)", session) }
            try await first.execute("UPDATE \(table) SET value = 0 WHERE id = 1")
            try await second.execute("UPDATE \(table) SET value = 0 WHERE id = 2")
            try await first.execute("COMMIT")
            try await second.execute("COMMIT")
            return try await number("SELECT sum(value) FROM \(table)", first) == 0
        }
    }

    /// Whether the first session's answer changes within its transaction.
    private func changes(
        _ question: String, by change: () async throws(PostgresError) -> Void
    ) async throws(PostgresError) -> Bool {
        let before = try await number(question, first)
        try await change()
        let after = try await number(question, first)
        try await first.execute("COMMIT")
        return before != after
    }

    private func number(_ question: String, _ session: PostgresSession) async throws(PostgresError) -> Int {
        let rows = try await session.query(question)
        guard !rows.isEmpty, let number = rows[0, 0].flatMap({ Int($0) }) else {
            throw PostgresError(kind: .unsupported, message: "no number came back")
        }
        return number
    }

    private func rollBack() async {
        for session in [first, second] {
            // Without a transaction it is a warning; with a broken session the next trial says so.
            _ = try? await session.execute("ROLLBACK")
        }
    }
}
