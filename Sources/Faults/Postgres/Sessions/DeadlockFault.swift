import Engine
import Postgres
import Scenarios

/// Two sessions that lock two rows crosswise.
public struct DeadlockFault: SessionFault {
    public static let schema = FaultSchema(
        name: "postgres.deadlock",
        summary:
            "Two sessions lock the first two rows of a table crosswise, again and again, until the server ends one "
            + "with a deadlock; who needs these rows waits meanwhile, or gets drawn in. All is rolled back.",
        targets: [.database],
        parameters: [
            ParameterSchema("table", .text, required: true, "A table with two rows or more: `shop.orders`."),
            ParameterSchema("pause", .duration, default: "1s", "Between one deadlock and the next."),
        ],
        requirements: ["a role that may update the table"],
        verifiedBy: "the server answered with SQLSTATE 40P01", undoneBy: FaultSchema.closingSessions)

    let holder: SessionHolder
    private let table: String
    private let pause: Duration

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        holder = SessionHolder(specification.id, on: try target.requireDatabase(for: specification.name))
        table = specification.parameters.text("table") ?? ""
        pause = specification.parameters.duration("pause") ?? .seconds(1)
    }

    func setUp() async throws -> SessionPlan {
        let table = try await holder.table(table, for: Self.schema.name)
        guard try await holder.ask("SELECT count(*) FROM (SELECT 1 FROM \(table) LIMIT 2) first_rows").number(0) == 2
        else {
            throw FaultError("\(Self.schema.name): \(table) has not two rows")
        }
        return SessionPlan(
            subject: "rows of table \(table)", value: "a deadlock, then \(pause.short) of rest, again and again",
            sessions: [
                HeldSession(
                    then: .pair(pause: pause) { first, second in
                        try await DeadlockFault.meet(first, second, table)
                        return 0
                    })
            ])
    }

    /// - Throws: what the server says to the one that it ends.
    private static func meet(_ first: PostgresSession, _ second: PostgresSession, _ table: String) async throws {
        // Rows move when they are updated, so each round looks anew.
        let rows = try await first.query("SELECT tableoid, ctid FROM \(table) LIMIT 2")
        let locks = (0..<rows.count).map { row in
            "SELECT 1 FROM \(table) WHERE tableoid = \(rows[row, 0] ?? "0") AND ctid = '\(rows[row, 1] ?? "")' FOR UPDATE"
        }
        guard locks.count == 2 else { return }
        try await first.execute("BEGIN; \(locks[0])", timeout: SessionHolder.forEver)
        try await second.execute("BEGIN; \(locks[1])", timeout: SessionHolder.forEver)
        async let one = end(of: locks[1], in: first)
        async let other = end(of: locks[0], in: second)
        for error in await [one, other] { if let error { throw error } }
    }

    /// The one that is not ended holds its rows no longer than the other needs to see them.
    private static func end(of lock: String, in session: PostgresSession) async -> PostgresError? {
        do throws(PostgresError) {
            try await session.execute("\(lock); ROLLBACK", timeout: SessionHolder.forEver)
            return nil
        } catch {
            _ = try? await session.execute("ROLLBACK")
            return error
        }
    }

    func look() async throws -> Observation {
        let rows = try await holder.ask("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return ["met": Double(await holder.tally["40P01"] ?? 0), "counted": rows.number(0)]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let met = Int(now["met"] ?? 0)
        guard met > 0 else { return .notYet("no deadlock yet; the server looks for one after its deadlock_timeout") }
        let counted = Int((now["counted"] ?? 0) - (before["counted"] ?? 0))
        return .seen("\(met) deadlocks of Brink's two sessions; pg_stat_database counts \(counted) so far")
    }
}
