import Engine
import Journal
import LinuxSystem
import Postgres
import Scenarios

/// Sends a signal to one process of PostgreSQL, chosen by its role.
public struct PostgresKillFault: FaultKind {
    public static let schema = FaultSchema(
        name: "postgres.kill",
        summary: "Signals one PostgreSQL process by role; a postmaster that ends is started again.",
        targets: [.postgres],
        parameters: [
            ParameterSchema(
                "role", .choice(PostgresRole.allCases.map(\.rawValue)), required: true, "Which process."),
            ParameterSchema(
                "signal", .choice(["KILL", "QUIT", "TERM", "INT", "STOP"]), default: "KILL",
                "KILL is a process crash: what was fsynced survives it whatever the settings."),
            ParameterSchema(
                "restartAfter", .duration, default: "0s",
                "Time until a postmaster is started again, or a stopped process goes on; the fault ends then."),
        ],
        requirements: ["a cluster that runs"],
        verifiedBy: "that very process has ended, or is stopped",
        undoneBy: "starting the postmaster with its own arguments, or CONT after STOP",
        durationParameter: "restartAfter")

    private let server: PostgresServer
    private let role: PostgresRole
    private let signal: Signal
    private let isScratch: Bool
    private let table: ProcessTable
    private let victim: Victim

    /// The process that was chosen, known from the plan on.
    private actor Victim {
        var identity: ProcessIdentity?

        func choose(_ identity: ProcessIdentity) { self.identity = identity }
    }

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        server = try target.requirePostgres(for: specification.name)
        guard let role = specification.parameters.text("role").flatMap(PostgresRole.init(rawValue:)),
            let signal = specification.parameters.text("signal").flatMap({ Signal(name: $0) })
        else { throw FaultError("postgres.kill: unknown role or signal") }
        self.role = role
        self.signal = signal
        isScratch = target.isScratchCluster
        table = target.table
        victim = Victim()
    }

    public func plan() async throws -> [Change] {
        guard let process = try server.processes(in: role).first else {
            throw FaultError("postgres.kill: no \(role.rawValue) runs in \(server.dataDirectory)")
        }
        await victim.choose(process)
        let undo: Change.Undo
        if signal == .stop {
            guard try table.status(of: process.pid).state != "T" else {
                throw FaultError("postgres.kill: the \(role.rawValue) \(process) is stopped already")
            }
            undo = .journaled(.resume(process))
        } else if role == .postmaster {
            undo = .restartingServer(server, isScratch: isScratch)
        } else {
            undo = .nothing
        }
        return [
            Change(
                subject: "\(role.rawValue) \(process) in \(server.dataDirectory)", prior: "running", value: "\(signal)",
                undo: undo
            ) { [table, signal, role] in
                let handle = try ProcessHandle(opening: process, in: table)
                try handle.send(signal)
                // A postmaster that was told to end takes note at once; taking back must not find it as it was.
                if role == .postmaster, signal != .stop { _ = await Blocking.run { handle.hasEnded(within: 2000) } }
            }
        ]
    }

    public func observe() async throws -> Observation {
        guard let process = await victim.identity else { return [:] }
        guard table.isRunning(process) else { return ["running": 0] }
        return ["running": 1, "stopped": try table.status(of: process.pid).state == "T" ? 1 : 0]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        if signal == .stop {
            return now["stopped"] == 1 ? .seen("the \(role.rawValue) is stopped") : .notYet("it is not stopped")
        }
        return now["running"] == 0 ? .seen("the \(role.rawValue) has ended") : .notYet("it still runs")
    }
}
