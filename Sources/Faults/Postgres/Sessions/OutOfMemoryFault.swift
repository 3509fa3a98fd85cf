import Engine
import Journal
import LinuxSystem
import Postgres
import Scenarios

/// Statements of the service's own for which the server finds no memory.
///
/// The server catches the failed malloc(3) and ends the statement, not the session. What a session holds already it may
/// use again, so that small statements go on and large ones fail.
public struct OutOfMemoryFault: FaultKind {
    public static let schema = FaultSchema(
        name: "postgres.out_of_memory",
        summary: "Leaves the sessions that are there no more memory than they have, and `spare`: a statement that "
            + "needs more is answered with SQLSTATE 53200, out of memory.",
        targets: [.postgres],
        parameters: [
            ParameterSchema(
                "application", .text, "Only sessions of this application_name; % and _ as LIKE has them."),
            ParameterSchema("spare", .bytes, default: "0B", "What each may still take, 512MiB at most."),
        ],
        requirements: ["CAP_SYS_RESOURCE, or the same user as the server's"],
        verifiedBy: "prlimit shows RLIMIT_AS of every chosen session that is still there, and a session of Brink's own "
            + "that has as little is answered with SQLSTATE 53200",
        undoneBy: "setting the prior limits on the sessions that are still there")

    private let target: ResolvedTarget
    private let server: PostgresServer
    private let access: DatabaseAccess
    private let name: String
    private let application: String?
    private let spare: UInt64
    private let course = Course()

    private static let patience = Duration.seconds(2)
    private static let mostSpare: UInt64 = 512 << 20
    private static let attribute = ProcessAttribute.limit(.addressSpace)

    /// What is known from the plan on.
    private actor Course {
        var chosen: [UndoAction.Attribute.Entry] = []
        /// SQLSTATE that Brink's own session met; nil before it was tried.
        var met: String?

        func choose(_ entries: [UndoAction.Attribute.Entry]) { chosen = entries }
        func meet(_ state: String) { met = state }
    }

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        self.target = target
        server = try target.requirePostgres(for: specification.name)
        access = try target.requireDatabase(for: specification.name)
        name = SessionHolder.name(of: specification.id)
        application = specification.parameters.text("application")
        spare = specification.parameters.bytes("spare") ?? 0
        guard spare <= Self.mostSpare else {
            throw FaultError("\(specification.name): `spare` is 512MiB at most; a statement cannot ask for much more")
        }
    }

    public func plan() async throws -> [Change] {
        // The service may be about to connect again.
        let end = MonotonicClock.now() + Self.patience
        var entries = try await self.entries()
        while entries.isEmpty, MonotonicClock.now() < end {
            try await Task.sleep(for: .milliseconds(50))
            entries = try await self.entries()
        }
        guard let first = entries.first else {
            throw FaultError("\(Self.schema.name): no session of \(server.dataDirectory) fits")
        }
        await course.choose(entries)
        let set = UndoAction.Attribute(attribute: Self.attribute, entries: entries, cgroupFolder: nil)
        return [
            Change(
                subject: "\(Self.attribute.name) of sessions in \(server.dataDirectory)", prior: first.prior,
                value: first.injected, setting: set, in: target.table)
        ]
    }

    private func entries() async throws -> [UndoAction.Attribute.Entry] {
        let session = try await access.open("\(name)-look")
        defer { session.close() }
        let rows = try await session.query(
            """
            SELECT pid FROM pg_stat_activity
            WHERE \(BackendChoice.isOfClient)
              AND ($1::text IS NULL OR application_name LIKE $1)
            """, [application])
        return try (0..<rows.count).compactMap { row in
            // A session that ends meanwhile needs no limit.
            guard let pid = rows[row, 0].flatMap({ Int32($0) }),
                let process = try server.backend(pid, in: target.table)
            else { return nil }
            return try entry(for: process)
        }
    }

    /// A session that has a lower limit keeps it.
    private func entry(for process: ProcessIdentity) throws -> UndoAction.Attribute.Entry {
        let prior = try ResourceLimit.addressSpace.read(process.pid)
        let wanted = ResourceLimit.Values(
            soft: min(prior.soft, try target.table.virtualBytes(of: process.pid) + spare), hard: prior.hard)
        return UndoAction.Attribute.Entry(
            process: process, prior: prior.description, injected: wanted.description)
    }

    public func observe() async throws -> Observation {
        let there = await course.chosen.filter { target.table.isRunning($0.process) }
        let limited = there.filter { (try? Self.attribute.read($0.process.pid)) == $0.injected }
        guard !limited.isEmpty else { return ["there": Double(there.count), "limited": 0] }
        let met = try await tried()
        return [
            "there": Double(there.count), "limited": Double(limited.count),
            "met": met == Self.outOfMemory ? 1 : 0,
        ]
    }

    /// PostgreSQL, "PostgreSQL Error Codes": out_of_memory.
    private static let outOfMemory = "53200"

    /// The SQLSTATE that a session with as little answers when it is asked for more; asked once.
    private func tried() async throws -> String {
        if let met = await course.met { return met }
        let session = try await access.open("\(name)-try")
        defer { session.close() }
        guard let process = try server.backend(session.backendPID, in: target.table) else { return "no session" }
        // Its backend ends with the session, and so does its limit: there is nothing to take back.
        try Self.attribute.write(process.pid, try entry(for: process).injected)
        let state: String
        do throws(PostgresError) {
            try await session.query("SELECT length(repeat('x', \(spare + 64 << 20)))")
            state = "no error"
        } catch {
            guard let met = error.sqlState else { throw error }
            state = met
        }
        await course.meet(state)
        return state
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let (there, limited) = (Int(now["there"] ?? 0), Int(now["limited"] ?? 0))
        guard there > 0, limited == there else { return .notYet("\(limited) of \(there) sessions are limited") }
        guard now["met"] == 1 else { return .notYet("a session with as little memory was not told 53200") }
        return .seen("\(limited) sessions have \(spare) bytes more; one of Brink's own was told 53200, out of memory")
    }
}
