import Engine
import Postgres
import Scenarios

/// Holds an advisory lock.
public struct AdvisoryLockFault: SessionFault {
    public static let schema = FaultSchema(
        name: "postgres.advisory_lock",
        summary: "Holds an advisory lock of the database, as a job that hangs does: others with the same key wait, or "
            + "are told that they can't have it.",
        targets: [.database],
        parameters: [
            ParameterSchema(
                "key", .integer(Int.min...Int.max), required: true, "The key, as of pg_advisory_lock(bigint)."),
            ParameterSchema("shared", .flag, default: "false", "Whether others may share it."),
        ],
        requirements: [],
        verifiedBy: "pg_locks shows it granted", undoneBy: FaultSchema.closingSessions)

    let holder: SessionHolder
    private let key: Int
    private let isShared: Bool

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        holder = SessionHolder(specification.id, on: try target.requireDatabase(for: specification.name))
        key = specification.parameters.integer("key") ?? 0
        isShared = specification.parameters.flag("shared") ?? false
    }

    func setUp() async throws -> SessionPlan {
        let function = isShared ? "pg_advisory_lock_shared" : "pg_advisory_lock"
        return SessionPlan(
            subject: "advisory lock \(key)", value: isShared ? "held, shared" : "held",
            sessions: [HeldSession(["SET lock_timeout = '8s'", "SELECT \(function)('\(key)'::bigint)"])])
    }

    func look() async throws -> Observation {
        // A key of 64 bits is shown as two of 32; objsubid 1 tells it from a pair of keys (PostgreSQL, "pg_locks").
        let rows = try await holder.ask(
            """
            SELECT count(*) FILTER (WHERE granted AND pid = ANY ($2::int[]) AND mode = $3),
                   count(*) FILTER (WHERE NOT granted)
            FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1
              AND (classid::bigint << 32) | objid::bigint = $1::bigint
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """, [String(key), await holder.pids.sqlArray, isShared ? "ShareLock" : "ExclusiveLock"])
        return ["held": rows.number(0), "waiting": rows.number(1)]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        guard now["held"] == 1 else { return .notYet("pg_locks does not show it granted") }
        return .seen("advisory lock \(key) is held; \(Int(now["waiting"] ?? 0)) wait for it")
    }
}
