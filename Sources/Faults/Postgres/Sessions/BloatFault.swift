import Engine
import Postgres
import Scenarios

/// Fills a table with dead rows.
public struct BloatFault: SessionFault {
    public static let schema = FaultSchema(
        name: "postgres.bloat",
        summary:
            "Fills a table with dead row versions, by updates that are rolled back; again when vacuum has taken them "
            + "away. The rows are locked while it is at work, triggers do not fire.",
        targets: [.database],
        parameters: [
            ParameterSchema(
                "table", .text, required: true, "The table, with its schema: `shop.orders`; not partitioned."),
            ParameterSchema(
                "updates", .integer(1...100_000_000), default: "100000", "How many row versions, at least."),
        ],
        requirements: ["a cluster that the scenario starts"],
        verifiedBy: "pg_stat_get_dead_tuples and pg_relation_size have grown",
        undoneBy: "VACUUM of the table: free space within it may stay, which is why the cluster must be the run's own")

    let holder: SessionHolder
    private let table: String
    private let updates: Int

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        let access = try target.requireDatabase(for: specification.name)
        guard access.isScratch else {
            throw FaultError(
                "refused: \(specification.name): a table does not come back from bloat as it was, and \(access.place) was "
                    + "not made by this run")
        }
        holder = SessionHolder(specification.id, on: access)
        table = specification.parameters.text("table") ?? ""
        updates = specification.parameters.integer("updates") ?? 100_000
    }

    func setUp() async throws -> SessionPlan {
        let table = try await holder.table(table, for: Self.schema.name)
        let rows = try await holder.ask(
            """
            SELECT quote_ident(a.attname), pg_relation_size(c.oid) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
            WHERE c.oid = to_regclass($1) AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
              AND a.attgenerated = '' AND a.attidentity <> 'a' ORDER BY a.attnum LIMIT 1
            """, [self.table])
        guard rows.count == 1, let column = rows[0, 0] else {
            throw FaultError("\(Self.schema.name): \(table) is partitioned, or has no column that can be set")
        }
        let size = Int(rows.number(1))
        guard size > 0 else { throw FaultError("\(Self.schema.name): \(table) has no row") }
        return SessionPlan(
            subject: "dead rows of table \(table)", value: "\(updates) or more",
            sessions: [
                HeldSession(
                    ["SET session_replication_role = replica"],
                    then: .cycle(pause: .seconds(1)) { [updates] session in
                        let now = try await session.query("SELECT pg_relation_size(\(table.sqlLiteral)::regclass)")
                        guard Int(now.number(0)) <= size else { return 0 }
                        return try await BloatFault.fill(table, column, updates, in: session)
                    })
            ],
            cleanUp: { try await $0.execute("VACUUM \(table)", timeout: .seconds(120)) })
    }

    /// In one transaction: dead versions of an earlier one would be pruned, and their room used again.
    private static func fill(
        _ table: String, _ column: String, _ updates: Int, in session: PostgresSession
    ) async throws -> Int {
        var made = 0
        try await session.execute("BEGIN")
        while made < updates {
            let rows = try await session.query(
                """
                UPDATE \(table) SET \(column) = \(column)
                WHERE ctid = ANY (ARRAY(SELECT ctid FROM \(table) LIMIT \(updates - made)))
                """, timeout: SessionHolder.forEver)
            guard rows.affectedRows > 0 else { break }
            made += rows.affectedRows
        }
        try await session.execute("ROLLBACK")
        // Else the statistics come with a later transaction.
        if session.serverVersion >= 150_000 { try await session.query("SELECT pg_stat_force_next_flush()") }
        return made
    }

    func look() async throws -> Observation {
        let rows = try await holder.ask(
            """
            SELECT pg_stat_get_dead_tuples(to_regclass($1)), pg_relation_size(to_regclass($1))
            """, [table])
        return ["dead": rows.number(0), "size": rows.number(1), "made": Double(await holder.tally["done"] ?? 0)]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let made = Int(now["made"] ?? 0)
        let dead = Int((now["dead"] ?? 0) - (before["dead"] ?? 0))
        let growth = Int((now["size"] ?? 0) - (before["size"] ?? 0))
        guard made >= updates, growth > 0 else { return .notYet("\(made) of \(updates) dead rows are made") }
        guard dead >= updates else { return .notYet("the server's statistics show \(dead) of \(made) dead rows") }
        return .seen("\(table) has \(dead) dead rows more, and is \(growth) bytes larger")
    }
}
