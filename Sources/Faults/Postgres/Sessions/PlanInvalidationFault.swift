import Engine
import Postgres
import Scenarios
import Synchronization

/// Cached plans that are made again and again.
public struct PlanInvalidationFault: SessionFault {
    public static let schema = FaultSchema(
        name: "postgres.plan_invalidation",
        summary: "Makes the server forget the cached plans of a table's statements, and what its sessions know of the "
            + "table, again and again: a column's statistics target is set to the value that it has.",
        targets: [.database],
        parameters: [
            ParameterSchema("table", .text, required: true, "The table, with its schema: `shop.orders`."),
            ParameterSchema("pause", .duration, default: "100ms", "Between one time and the next."),
        ],
        requirements: ["the table's owner"],
        verifiedBy: "EXPLAIN in a session of Brink's own shows that its generic plan was planned again",
        undoneBy: FaultSchema.closingSessions)

    let holder: SessionHolder
    private let table: String
    private let pause: Duration
    private let plans = PlanCount()

    /// How often the witness found its plan made anew, or kept.
    private final class PlanCount: Sendable {
        private let counts = Mutex((new: 0, kept: 0))

        var values: (new: Int, kept: Int) { counts.withLock { $0 } }
        func see(isNew: Bool) { counts.withLock { if isNew { $0.new += 1 } else { $0.kept += 1 } } }
    }

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        holder = SessionHolder(specification.id, on: try target.requireDatabase(for: specification.name))
        table = specification.parameters.text("table") ?? ""
        pause = specification.parameters.duration("pause") ?? .milliseconds(100)
    }

    func setUp() async throws -> SessionPlan {
        let table = try await holder.table(table, for: Self.schema.name)
        let rows = try await holder.ask(
            """
            SELECT quote_ident(a.attname), a.attnum, pg_has_role(c.relowner, 'USAGE')
            FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
            WHERE c.oid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum LIMIT 1
            """, [self.table])
        guard rows.count == 1, let column = rows[0, 0], let number = rows[0, 1] else {
            throw FaultError("\(Self.schema.name): \(table) has no column")
        }
        guard rows[0, 2] == "t" else { throw FaultError("\(Self.schema.name): only its owner may alter \(table)") }
        return SessionPlan(
            subject: "plans of table \(table)", value: "made anew every \(pause.short)",
            sessions: [invalidating(table, column, number), witness(table)])
    }

    private func invalidating(_ table: String, _ column: String, _ number: String) -> HeldSession {
        // Never in a queue for long: who comes behind it would wait as well.
        HeldSession(
            ["SET lock_timeout = '100ms'"],
            then: .cycle(pause: pause) { session in
                // Partitions have targets of their own. The lock is the one that ALTER takes, so nobody changes
                // the target between the look and the change.
                try await session.execute("BEGIN; LOCK TABLE ONLY \(table) IN SHARE UPDATE EXCLUSIVE MODE")
                // The default is -1 and, since PostgreSQL 17, NULL; -1 asks for it in all of them.
                let rows = try await session.query(
                    """
                    SELECT coalesce(attstattarget, -1) FROM pg_attribute
                    WHERE attrelid = \(table.sqlLiteral)::regclass AND attnum = \(number) AND NOT attisdropped
                    """)
                guard rows.count == 1, let target = rows[0, 0] else { return 0 }
                try await session.execute(
                    "ALTER TABLE ONLY \(table) ALTER COLUMN \(column) SET STATISTICS \(target); COMMIT")
                return 1
            })
    }

    private func witness(_ table: String) -> HeldSession {
        let statement = "SELECT 1 FROM \(table) LIMIT 1"
        // The first makes the plan, and counts for nothing.
        return HeldSession(
            ["SET plan_cache_mode = force_generic_plan", "PREPARE brink_witness AS \(statement)", Self.look],
            then: .cycle(pause: min(pause, .milliseconds(50))) { [plans] session in
                plans.see(isNew: try await PlanInvalidationFault.plansAnew(in: session))
                return 0
            })
    }

    private static let look = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE brink_witness"

    /// Planning reads the catalogs: its buffers are counted apart. A plan that is still there needs none.
    private static func plansAnew(in session: PostgresSession) async throws -> Bool {
        let rows = try await session.query(look)
        guard let planning = (rows[0, 0] ?? "").split(separator: "\"Planning\": {", maxSplits: 1).dropFirst().first
        else {
            return false
        }
        return ["Shared Hit Blocks", "Shared Read Blocks"].contains { name in
            let number = planning.split(separator: "\"\(name)\": ", maxSplits: 1).dropFirst().first
            return number?.prefix { $0.isNumber } ?? "0" != "0"
        }
    }

    func look() async throws -> Observation {
        let (new, kept) = plans.values
        return ["made": Double(await holder.tally["done"] ?? 0), "new": Double(new), "kept": Double(kept)]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let (made, new, kept) = (Int(now["made"] ?? 0), Int(now["new"] ?? 0), Int(now["kept"] ?? 0))
        guard made > 0 else { return .notYet("\(table) could not be altered so far") }
        guard new > 0 else { return .notYet("the plan of a statement was kept \(kept) times, and made anew never") }
        return .seen(
            "plans of \(table) were invalidated \(made) times; one was made anew \(new) times, and kept \(kept)")
    }
}
