import Engine
import Postgres
import Scenarios
import Synchronization

/// Fills the table of locks that all sessions share.
///
/// It has room for `max_locks_per_transaction` times the sessions and prepared transactions that there may be, and for some
/// more that shared memory has left (PostgreSQL, "Lock Management"). What a session reads or writes first of up to sixteen
/// tables needs no room there (fast-path locks); the end of a transaction that others wait for, a sequence of locks beyond
/// that and the beginning of a session do.
public struct OutOfLocksFault: SessionFault {
    public static let schema = FaultSchema(
        name: "postgres.out_of_locks",
        summary: "Takes advisory locks until the server has no memory left for another lock, so that writes, DDL and "
            + "new sessions fail with \"out of shared memory\" (SQLSTATE 53200).",
        targets: [.database],
        parameters: [
            ParameterSchema(
                "pause", .duration, default: "100ms", "Until what others have let go of meanwhile is taken as well.")
        ],
        requirements: [],
        verifiedBy: "the server answered with SQLSTATE 53200; pg_locks counts those that are held",
        undoneBy: FaultSchema.closingSessions)

    let holder: SessionHolder
    private let pause: Duration
    private let course = Course()

    private final class Course: Sendable {
        private let state = Mutex((next: 0, held: 0))

        /// The first of so many keys that were not asked for before: a lock that is held already takes no room.
        func keys(_ count: Int) -> Int {
            state.withLock { state in
                defer { state.next += count }
                return state.next
            }
        }

        var held: Int { state.withLock { $0.held } }
        func see(_ held: Int) { state.withLock { $0.held = held } }
    }

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        holder = SessionHolder(specification.id, on: try target.requireDatabase(for: specification.name))
        pause = specification.parameters.duration("pause") ?? .milliseconds(100)
    }

    func setUp() async throws -> SessionPlan {
        SessionPlan(
            subject: "locks of \(holder.name)", value: "none left",
            sessions: [HeldSession(then: .cycle(pause: pause) { [course] in try await Self.fill($0, course) })])
    }

    /// Brink's own number, in the upper half of each key.
    private static let space = 1_112_689_995 << 32
    private static let most = 1_000_000

    /// - Throws: what the server says when it has no room left. What was taken until then stays: such locks are the
    ///   session's, not the transaction's.
    private static func fill(_ session: PostgresSession, _ course: Course) async throws -> Int {
        let first = space + course.keys(most)
        do {
            let keys = "generate_series(\(first)::bigint, \(first + most - 1)) AS key"
            try await session.execute("SELECT count(pg_advisory_lock(key)) FROM \(keys)")
        } catch {
            let rows = try await session.query("SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid()")
            course.see(Int(rows.number(0)))
            throw error
        }
        return 0
    }

    func look() async throws -> Observation {
        ["met": Double(await holder.tally["53200"] ?? 0), "held": Double(course.held)]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let (met, held) = (Int(now["met"] ?? 0), Int(now["held"] ?? 0))
        guard met > 0 else { return .notYet("the server still had room for another lock") }
        return .seen("no room for another lock was left \(met) times; \(held) are held")
    }
}
