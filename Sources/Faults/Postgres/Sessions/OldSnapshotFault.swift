import Engine
import Postgres
import Scenarios

/// A transaction whose snapshot grows old.
public struct OldSnapshotFault: SessionFault {
    public static let schema = FaultSchema(
        name: "postgres.old_snapshot",
        summary: "Keeps a REPEATABLE READ transaction open whose snapshot holds back vacuum in its database: what dies "
            + "from then on stays, and slows down who has to read past it.",
        targets: [.database], parameters: [], requirements: [],
        verifiedBy: "pg_stat_activity shows the session's backend_xmin, and how far it is behind",
        undoneBy: FaultSchema.closingSessions)

    let holder: SessionHolder

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        holder = SessionHolder(specification.id, on: try target.requireDatabase(for: specification.name))
    }

    func setUp() async throws -> SessionPlan {
        SessionPlan(
            subject: "the snapshot of \(holder.name)", value: "kept",
            sessions: [HeldSession(["BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", "SELECT 1"])])
    }

    func look() async throws -> Observation {
        guard let pid = await holder.pids.first else { return [:] }
        let rows = try await holder.ask(
            "SELECT count(backend_xmin), max(age(backend_xmin)) FROM pg_stat_get_activity($1::int)", [String(pid)])
        return ["kept": rows.number(0), "age": rows.number(1)]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        guard now["kept"] == 1 else { return .notYet("pg_stat_activity shows no backend_xmin of it") }
        return .seen("the snapshot is kept; it is \(Int(now["age"] ?? 0)) transactions behind (age(backend_xmin))")
    }
}
