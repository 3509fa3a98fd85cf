import Engine
import Glibc
import Postgres
import Scenarios

/// Prepared transactions that nobody ends.
///
/// They outlive their session, the harness and a restart of the server, so only a cluster that goes with the run may
/// have them.
public struct PreparedTransactionFault: SessionFault {
    public static let schema = FaultSchema(
        name: "postgres.prepared_transaction",
        summary: "Leaves prepared transactions behind, as a transaction manager that died does: each holds a row lock, "
            + "and vacuum back.",
        targets: [.database],
        parameters: [
            ParameterSchema(
                "table", .text, required: true, "The table of which each locks one row, the first that is free."),
            ParameterSchema("count", .integer(1...1000), default: "1", "How many."),
        ],
        requirements: [
            "a cluster that the scenario starts, with `postgres: {settings: {max_prepared_transactions: 10}}`"
        ],
        verifiedBy: "pg_prepared_xacts shows them",
        undoneBy: "ROLLBACK PREPARED; they outlive the harness, but not the cluster of the run")

    let holder: SessionHolder
    private let table: String
    private let count: Int
    private let prefix: String

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        let access = try target.requireDatabase(for: specification.name)
        guard access.isScratch else {
            throw FaultError(
                "refused: \(specification.name): a prepared transaction outlives the harness, and \(access.place) was not "
                    + "made by this run")
        }
        holder = SessionHolder(specification.id, on: access)
        table = specification.parameters.text("table") ?? ""
        count = specification.parameters.integer("count") ?? 1
        prefix = "\(holder.name)-\(getpid())-"
    }

    func setUp() async throws -> SessionPlan {
        let table = try await holder.table(table, for: Self.schema.name)
        let room = try await holder.ask(
            "SELECT current_setting('max_prepared_transactions')::int - (SELECT count(*) FROM pg_prepared_xacts)")
        guard Int(room.number(0)) >= count else {
            throw FaultError(
                "\(Self.schema.name): the server has room for \(Int(room.number(0))) prepared transactions, not \(count); "
                    + "a cluster of the scenario's is given more by postgres: {settings: {max_prepared_transactions: 10}}"
            )
        }
        let rows = try await holder.ask("SELECT count(*) FROM (SELECT 1 FROM \(table) LIMIT \(count)) first_rows")
        guard Int(rows.number(0)) == count else {
            throw FaultError("\(Self.schema.name): \(table) has no \(count) rows but \(Int(rows.number(0)))")
        }
        let script = (1...count).flatMap { number in
            [
                "BEGIN", "SELECT 1 FROM \(table) LIMIT 1 FOR UPDATE SKIP LOCKED",
                "PREPARE TRANSACTION \("\(prefix)\(number)".sqlLiteral)",
            ]
        }
        return SessionPlan(
            subject: "prepared transactions \(prefix)1…\(count)", value: "left behind", sessions: [HeldSession(script)],
            cleanUp: { [prefix] session in
                let rows = try await session.query(
                    "SELECT gid FROM pg_prepared_xacts WHERE starts_with(gid, $1)", [prefix])
                for row in 0..<rows.count {
                    try await session.execute("ROLLBACK PREPARED \((rows[row, 0] ?? "").sqlLiteral)")
                }
            })
    }

    func look() async throws -> Observation {
        let rows = try await holder.ask(
            "SELECT count(*), max(age(transaction)) FROM pg_prepared_xacts WHERE starts_with(gid, $1)", [prefix])
        return ["left": rows.number(0), "age": rows.number(1)]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let left = Int(now["left"] ?? 0)
        guard left == count else { return .notYet("pg_prepared_xacts shows \(left) of \(count)") }
        return .seen("\(left) prepared transactions are left, the oldest \(Int(now["age"] ?? 0)) transactions old")
    }
}
