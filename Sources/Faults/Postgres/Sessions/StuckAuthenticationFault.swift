import Engine
import Postgres
import Scenarios

/// Holds up the authentication of new sessions.
///
/// Who logs in is looked up in pg_authid. Nothing here may look there itself, as the view pg_stat_activity does.
public struct StuckAuthenticationFault: SessionFault {
    public static let schema = FaultSchema(
        name: "postgres.stuck_authentication",
        summary: "Locks the catalog of roles: every new connection hangs in authentication, and takes a slot, while "
            + "sessions that exist go on.",
        targets: [.database],
        parameters: [
            ParameterSchema(
                "open", .duration, default: "0s",
                "Lets through for so long after each `pause`, which makes authentication slow rather than stuck."),
            ParameterSchema("pause", .duration, default: "2s", "With `open`: how long nobody gets through."),
        ],
        requirements: ["a superuser"],
        verifiedBy: "pg_locks shows the lock, and a connection of Brink's own does not get through within 300 ms",
        undoneBy: FaultSchema.closingSessions)

    let holder: SessionHolder
    private let attempt: ConnectionAttempt
    private let open: Duration
    private let pause: Duration

    private static let lock = "LOCK TABLE pg_catalog.pg_authid IN ACCESS EXCLUSIVE MODE"
    private static let relation =
        "locktype = 'relation' AND database = 0 AND relation = 'pg_catalog.pg_authid'::regclass"

    /// Tries until it was stuck once: the server keeps a stuck one, in a slot, until the lock is gone, and then finds that
    /// nobody waits for it any more.
    private actor ConnectionAttempt {
        private var wasStuck = false

        func isStuck(_ name: String, on access: DatabaseAccess) async throws -> Bool {
            if wasStuck { return true }
            do throws(PostgresError) {
                let session = try await PostgresSession.connect(
                    access.connection,
                    options: PostgresSessionOptions(connectTimeout: .milliseconds(300), applicationName: name))
                session.close()
                return false
            } catch {
                guard error.kind == .timeout else { throw error }
                wasStuck = true
                return true
            }
        }
    }

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        holder = SessionHolder(specification.id, on: try target.requireDatabase(for: specification.name))
        attempt = ConnectionAttempt()
        open = specification.parameters.duration("open") ?? .zero
        pause = specification.parameters.duration("pause") ?? .seconds(2)
    }

    func setUp() async throws -> SessionPlan {
        guard try await holder.ask("SELECT current_setting('is_superuser')")[0, 0] == "on" else {
            throw FaultError("\(Self.schema.name): only a superuser may lock pg_authid")
        }
        let session: HeldSession
        let value: String
        if open == .zero {
            (session, value) = (HeldSession(["SET lock_timeout = '8s'", "BEGIN", Self.lock]), "stuck")
        } else {
            value = "stuck for \(pause.short), open for \(open.short), again and again"
            session = HeldSession(
                ["SET lock_timeout = '8s'"],
                then: .cycle(pause: open) { [pause] session in
                    try await session.execute("BEGIN; \(StuckAuthenticationFault.lock)", timeout: .seconds(10))
                    try await Task.sleep(for: pause)
                    return 1
                })
        }
        return SessionPlan(subject: "authentication", value: value, sessions: [session])
    }

    func look() async throws -> Observation {
        let rows = try await holder.ask(
            """
            SELECT count(*) FILTER (WHERE granted AND mode = 'AccessExclusiveLock' AND pid = ANY ($1::int[])),
                   count(*) FILTER (WHERE NOT granted)
            FROM pg_locks WHERE \(Self.relation)
            """, [await holder.pids.sqlArray])
        guard rows.number(0) > 0 else { return ["held": 0, "waiting": rows.number(1)] }
        let isStuck = try await attempt.isStuck("\(holder.name)-try", on: holder.access)
        return ["held": 1, "waiting": rows.number(1), "stuck": isStuck ? 1 : 0]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        guard now["held"] == 1 else { return .notYet("pg_locks does not show pg_authid locked") }
        guard now["stuck"] == 1 else { return .notYet("a connection still gets through") }
        return .seen("pg_authid is locked, and a connection did not get through within 300 ms")
    }
}
