import Engine
import Postgres
import Scenarios

/// Holds a lock on a table.
public struct TableLockFault: SessionFault {
    public static let schema = FaultSchema(
        name: "postgres.lock",
        summary: "Holds a lock of any mode on a table, which others must wait for if theirs conflicts.",
        targets: [.database],
        parameters: [
            ParameterSchema("table", .text, required: true, "The table, with its schema: `shop.orders`."),
            ParameterSchema(
                "mode", .choice(LockMode.allCases.map(\.rawValue)), default: LockMode.accessExclusive.rawValue,
                "As LOCK TABLE names it (PostgreSQL, \"Explicit Locking\")."),
        ],
        requirements: ["a role that may lock the table so"],
        verifiedBy: "pg_locks shows it granted", undoneBy: FaultSchema.closingSessions)

    let holder: SessionHolder
    private let table: String
    private let mode: LockMode

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        holder = SessionHolder(specification.id, on: try target.requireDatabase(for: specification.name))
        table = specification.parameters.text("table") ?? ""
        mode = specification.parameters.text("mode").flatMap(LockMode.init) ?? .accessExclusive
    }

    func setUp() async throws -> SessionPlan {
        let table = try await holder.table(table, for: Self.schema.name)
        return SessionPlan(
            subject: "table \(table)", value: "locked in \(mode.sql) mode",
            // Nothing that holds a conflicting lock gives it up for us: better no fault than a queue behind a wait.
            sessions: [
                HeldSession(["SET lock_timeout = '8s'", "BEGIN", "LOCK TABLE \(table) IN \(mode.sql) MODE"])
            ])
    }

    func look() async throws -> Observation {
        let rows = try await holder.ask(
            """
            SELECT count(*) FILTER (WHERE l.granted AND l.pid = ANY ($2::int[]) AND l.mode = $3),
                   count(*) FILTER (WHERE NOT l.granted)
            FROM pg_locks l WHERE l.locktype = 'relation' AND l.relation = to_regclass($1)
              AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """, [table, await holder.pids.sqlArray, mode.catalogName])
        return ["held": rows.number(0), "waiting": rows.number(1)]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        guard now["held"] == 1 else { return .notYet("pg_locks does not show it granted") }
        return .seen("\(table) is locked in \(mode.sql) mode; \(Int(now["waiting"] ?? 0)) wait for the table")
    }
}
