import Engine
import Postgres
import Scenarios

/// Sessions that began a transaction and then do nothing.
public struct IdleInTransactionFault: SessionFault {
    public static let schema = FaultSchema(
        name: "postgres.idle_in_transaction",
        summary: "Opens sessions that begin a transaction, read a row and then do nothing; each keeps its slot and its "
            + "locks, and its snapshot where the level is not read-committed.",
        targets: [.database],
        parameters: [
            ParameterSchema("sessions", .integer(1...1000), default: "1", "How many."),
            ParameterSchema(
                "table", .text, "A table that each has read, and keeps an ACCESS SHARE lock on: no DDL gets past it."),
            ParameterSchema(
                "isolation", .choice(["read-committed", "repeatable-read", "serializable"]),
                default: "read-committed", "From repeatable-read on it holds back what vacuum may remove."),
        ],
        requirements: [],
        verifiedBy: "pg_stat_activity shows that many in the state idle in transaction",
        undoneBy: FaultSchema.closingSessions)

    let holder: SessionHolder
    private let sessions: Int
    private let table: String?
    private let isolation: String

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        holder = SessionHolder(specification.id, on: try target.requireDatabase(for: specification.name))
        sessions = specification.parameters.integer("sessions") ?? 1
        table = specification.parameters.text("table")
        isolation = (specification.parameters.text("isolation") ?? "read-committed").uppercased()
            .split(separator: "-").joined(separator: " ")
    }

    func setUp() async throws -> SessionPlan {
        let read: String
        if let table {
            read = "SELECT 1 FROM \(try await holder.table(table, for: Self.schema.name)) LIMIT 1"
        } else {
            read = "SELECT 1"
        }
        let session = HeldSession(["BEGIN ISOLATION LEVEL \(isolation)", read])
        return SessionPlan(
            subject: "sessions named \(holder.name)", value: "\(sessions) idle in a transaction",
            sessions: Array(repeating: session, count: sessions))
    }

    func look() async throws -> Observation {
        let rows = try await holder.ask(
            """
            SELECT count(*) FROM pg_stat_activity WHERE pid = ANY ($1::int[]) AND state = 'idle in transaction'
            """, [await holder.pids.sqlArray])
        return ["idle": rows.number(0)]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let idle = Int(now["idle"] ?? 0)
        guard idle >= sessions else { return .notYet("\(idle) of \(sessions) sessions are idle in a transaction") }
        return .seen("\(idle) sessions are idle in a transaction")
    }
}
