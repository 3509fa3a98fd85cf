import Engine
import Postgres
import Scenarios

/// A change of a table's definition that waits for a long transaction, and everybody behind it.
public struct DDLQueueFault: SessionFault {
    public static let schema = FaultSchema(
        name: "postgres.ddl_queue",
        summary:
            "Asks for ACCESS EXCLUSIVE on a table, as DDL does, behind a long transaction that has read it: nobody "
            + "else gets past the request, readers included. No DDL takes effect.",
        targets: [.database],
        parameters: [
            ParameterSchema("table", .text, required: true, "The table, with its schema: `shop.orders`.")
        ],
        requirements: ["a role that may read the table and lock it so: its owner, or one that may delete from it"],
        verifiedBy: "pg_locks shows the request, not granted", undoneBy: FaultSchema.closingSessions)

    let holder: SessionHolder
    private let table: String

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        holder = SessionHolder(specification.id, on: try target.requireDatabase(for: specification.name))
        table = specification.parameters.text("table") ?? ""
    }

    func setUp() async throws -> SessionPlan {
        let table = try await holder.table(table, for: Self.schema.name)
        return SessionPlan(
            subject: "table \(table)",
            value: "a request for ACCESS EXCLUSIVE waits behind a transaction that has read it",
            sessions: [
                HeldSession(["SET lock_timeout = '8s'", "BEGIN", "SELECT 1 FROM \(table) LIMIT 1"]),
                HeldSession(["BEGIN"], then: .lasting("LOCK TABLE \(table) IN ACCESS EXCLUSIVE MODE")),
            ])
    }

    func look() async throws -> Observation {
        let rows = try await holder.ask(
            """
            SELECT count(*) FILTER (WHERE mode = 'AccessExclusiveLock' AND pid = ANY ($2::int[])),
                   count(DISTINCT pid) FILTER (WHERE pid <> ALL ($2::int[]))
            FROM pg_locks WHERE NOT granted AND locktype = 'relation' AND relation = to_regclass($1)
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """, [table, await holder.workingPIDs.sqlArray])
        return ["requested": rows.number(0), "queued": rows.number(1)]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        guard now["requested"] == 1 else { return .notYet("pg_locks does not show the request waiting") }
        return .seen("ACCESS EXCLUSIVE on \(table) is waited for; \(Int(now["queued"] ?? 0)) others are in the queue")
    }
}
