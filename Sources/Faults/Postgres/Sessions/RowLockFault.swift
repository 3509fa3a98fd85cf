import Engine
import Postgres
import Scenarios

/// Holds locks on rows, and lets others queue behind them.
public struct RowLockFault: SessionFault {
    public static let schema = FaultSchema(
        name: "postgres.row_lock",
        summary: "Holds SELECT … FOR UPDATE locks on the first rows of a table, as they lie; others can read them but "
            + "neither change nor lock them.",
        targets: [.database],
        parameters: [
            ParameterSchema("table", .text, required: true, "The table, with its schema: `shop.orders`."),
            ParameterSchema("rows", .integer(1...1_000_000), default: "1", "How many rows."),
            ParameterSchema(
                "waiters", .integer(0...1000), default: "0",
                "Sessions of Brink's own that ask for the first of them as well, and wait."),
        ],
        requirements: ["a role that may update the table"],
        verifiedBy:
            "the rows' xmax is the transaction of the session, and pg_blocking_pids names who blocks each waiter",
        undoneBy: FaultSchema.closingSessions)

    let holder: SessionHolder
    private let table: String
    private let rows: Int
    private let waiters: Int

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        holder = SessionHolder(specification.id, on: try target.requireDatabase(for: specification.name))
        table = specification.parameters.text("table") ?? ""
        rows = specification.parameters.integer("rows") ?? 1
        waiters = specification.parameters.integer("waiters") ?? 0
    }

    func setUp() async throws -> SessionPlan {
        let table = try await holder.table(table, for: Self.schema.name)
        let found = try await holder.ask("SELECT count(*) FROM (SELECT 1 FROM \(table) LIMIT \(rows)) first_rows")
            .number(0)
        guard Int(found) == rows else {
            throw FaultError("\(Self.schema.name): \(table) has no \(rows) rows but \(Int(found))")
        }
        let hold = HeldSession([
            "SET lock_timeout = '8s'", "BEGIN",
            "SELECT count(*) FROM (SELECT 1 FROM \(table) LIMIT \(rows) FOR UPDATE) held",
        ])
        let wait = HeldSession(["BEGIN"], then: .lasting("SELECT 1 FROM \(table) LIMIT 1 FOR UPDATE"))
        return SessionPlan(
            subject: "rows of table \(table)",
            value: "\(rows) locked FOR UPDATE" + (waiters > 0 ? ", \(waiters) sessions waiting" : ""),
            sessions: [hold] + Array(repeating: wait, count: waiters))
    }

    func look() async throws -> Observation {
        guard let pid = await holder.restingPIDs.first else { return [:] }
        // Rows that others put before them meanwhile are passed over.
        let rows = try await holder.ask(
            """
            SELECT (SELECT count(*) FROM (SELECT xmax FROM \(try await holder.table(table, for: Self.schema.name))
                                          LIMIT \(max(1000, 2 * rows))) first_rows
                    WHERE xmax = (SELECT backend_xid FROM pg_stat_get_activity($1::int))),
                   (SELECT count(*) FROM unnest($2::int[]) AS pid WHERE cardinality(pg_blocking_pids(pid)) > 0),
                   (SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted AND locktype IN ('transactionid', 'tuple')
                    AND pid <> ALL ($2::int[]))
            """, [String(pid), await holder.workingPIDs.sqlArray])
        return ["held": rows.number(0), "blocked": rows.number(1), "others": rows.number(2)]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let (held, blocked) = (Int(now["held"] ?? 0), Int(now["blocked"] ?? 0))
        guard held >= rows else { return .notYet("\(held) of \(rows) rows are locked") }
        guard blocked >= waiters else { return .notYet("\(blocked) of \(waiters) sessions wait") }
        return .seen(
            "\(held) rows of \(table) are locked; \(blocked) of Brink's sessions and \(Int(now["others"] ?? 0)) others wait "
                + "for rows")
    }
}
