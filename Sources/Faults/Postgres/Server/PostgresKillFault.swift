import Engine
import Journal
import LinuxSystem
import Postgres
import Scenarios

/// Sends a signal to processes of PostgreSQL, chosen by their role.
public struct PostgresKillFault: FaultKind {
    public static let schema = FaultSchema(
        name: "postgres.kill",
        summary: "Signals a PostgreSQL process by role, or the whole tree; a postmaster that ends is started again.",
        targets: [.postgres],
        parameters: [
            ParameterSchema(
                "role", .choice(PostgresRole.allCases.map(\.rawValue)), required: true, "Which process."),
            ParameterSchema(
                "signal", .choice(["KILL", "QUIT", "TERM", "INT", "STOP"]), default: "KILL",
                "KILL is a process crash: what was fsynced survives it whatever the settings."),
            ParameterSchema(
                "tree", .flag, default: "false",
                "With the postmaster: all its processes as well, so that none lives on for a moment."),
            ParameterSchema(
                "restartAfter", .duration, default: "0s",
                "Time until a postmaster is started again, or stopped processes go on; the fault ends then."),
        ] + BackendChoice.parameters,
        requirements: ["a cluster that runs"],
        verifiedBy: "those very processes have ended, or are stopped",
        undoneBy: "starting the postmaster as it was started, or CONT after STOP",
        durationParameter: "restartAfter")

    private let target: ResolvedTarget
    private let server: PostgresServer
    private let role: PostgresRole
    private let signal: Signal
    private let isTree: Bool
    private let choice: BackendChoice?
    private let victims = Victims()

    /// The processes that were chosen, known from the plan on.
    private actor Victims {
        var chosen: [ProcessIdentity] = []

        func choose(_ processes: [ProcessIdentity]) { chosen = processes }
    }

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        self.target = target
        server = try target.requirePostgres(for: specification.name)
        let parameters = specification.parameters
        guard let role = parameters.text("role").flatMap(PostgresRole.init(rawValue:)),
            let signal = parameters.text("signal").flatMap({ Signal(name: $0) })
        else { throw FaultError("postgres.kill: unknown role or signal") }
        self.role = role
        self.signal = signal
        isTree = parameters.flag("tree") ?? false
        choice = BackendChoice(parameters)
        if isTree, role != .postmaster { throw FaultError("postgres.kill: `tree` goes with the role postmaster") }
        if choice != nil, role != .backend {
            throw FaultError("postgres.kill: application, statement and transactionAge choose a backend")
        }
    }

    /// Sessions, and workers that come and go, may be there in a moment.
    private static let patience = Duration.seconds(2)

    private func choose() async throws -> [ProcessIdentity] {
        let end = MonotonicClock.now() + Self.patience
        while true {
            let found = try await look()
            if !found.isEmpty { return found }
            guard MonotonicClock.now() < end else {
                throw FaultError(
                    choice == nil
                        ? "postgres.kill: no \(role.rawValue) runs in \(server.dataDirectory)"
                        : "postgres.kill: no session of \(server.dataDirectory) fits")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// - Returns: nothing when none is there now.
    private func look() async throws -> [ProcessIdentity] {
        if let choice {
            let access = try target.requireDatabase(for: Self.schema.name)
            return try await choice.find(on: access, of: server, in: target.table).map { [$0] } ?? []
        }
        if isTree {
            let postmaster = try server.postmaster()
            // A child that ends meanwhile need not be killed.
            let children = try target.table.descendants(of: [postmaster.pid])
                .compactMap { try? target.table.identity(of: $0) }
            return [postmaster] + children
        }
        let found = try server.processes(in: role)
        guard role == .autovacuumWorker else { return Array(found.prefix(1)) }
        // Of those that come and go, the one that began last has most of its life before it.
        return found.max { $0.startTime < $1.startTime }.map { [$0] } ?? []
    }

    public func plan() async throws -> [Change] {
        let chosen = try await choose()
        await victims.choose(chosen)
        guard signal == .stop else {
            return [change(of: chosen, undo: await endsServer() ? .starting(target) : .nothing)]
        }
        return try chosen.map { process in
            guard let status = try? target.table.status(of: process.pid), target.table.isRunning(process) else {
                throw SubjectEnded("the \(role.rawValue) \(process)")
            }
            guard status.state != "T" else {
                throw FaultError("postgres.kill: the \(role.rawValue) \(process) is stopped already")
            }
            return change(of: [process], undo: .journaled(.resume(process)))
        }
    }

    /// Whether the server goes down with that process and stays down: its postmaster, what replays WAL, or any at all
    /// where an administrator wants a crash to be looked at first ("Error Handling", restart_after_crash).
    private func endsServer() async -> Bool {
        guard role != .postmaster, role != .startup else { return true }
        guard let access = target.database else { return false }
        do {
            let session = try await access.open("brink-kill")
            defer { session.close() }
            return try await session.query("SHOW restart_after_crash")[0, 0] == "off"
        } catch {
            // A server that is full or away cannot be asked, and by default comes back by itself.
            return false
        }
    }

    private func change(of processes: [ProcessIdentity], undo: Change.Undo) -> Change {
        let subject = processes.count == 1 ? "\(processes[0])" : "\(processes[0]) and its \(processes.count - 1)"
        return Change(
            subject: "\(role.rawValue) \(subject) in \(server.dataDirectory)", prior: "running", value: "\(signal)",
            undo: undo
        ) { [table = target.table, signal, role] in
            for process in processes {
                do throws(SystemError) {
                    try ProcessHandle(opening: process, in: table).send(signal)
                } catch {
                    guard error.errno == .noSuchProcess else { throw error }
                    // Once the postmaster has gone its children leave by themselves.
                    guard process == processes.first else { continue }
                    throw SubjectEnded("the \(role.rawValue) \(process)")
                }
            }
            // A postmaster that was told to end takes note at once; taking back must not find it as it was.
            guard role == .postmaster, signal != .stop, let first = processes.first,
                let handle = try? ProcessHandle(opening: first, in: table)
            else { return }
            _ = await Blocking.run { handle.hasEnded(within: 2000) }
        }
    }

    public func observe() async throws -> Observation {
        let chosen = await victims.chosen
        if chosen.isEmpty { return [:] }
        let running = chosen.filter(target.table.isRunning)
        let stopped = try running.filter { try target.table.status(of: $0.pid).state == "T" }
        return ["chosen": Double(chosen.count), "running": Double(running.count), "stopped": Double(stopped.count)]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let chosen = Int(now["chosen"] ?? 0)
        let what = chosen == 1 ? "the \(role.rawValue)" : "the \(role.rawValue) and \(chosen - 1) others"
        if signal == .stop {
            return chosen > 0 && now["stopped"] == now["chosen"]
                ? .seen("\(what) stopped") : .notYet("not all are stopped")
        }
        return now["running"] == 0 ? .seen("\(what) ended") : .notYet("\(Int(now["running"] ?? 0)) still run")
    }
}
