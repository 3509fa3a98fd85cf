import Engine
import Journal
import LinuxSystem
import Postgres
import Scenarios

/// Restarts PostgreSQL so that it takes long until it accepts connections.
public struct SlowStartFault: FaultKind {
    public static let schema = FaultSchema(
        name: "postgres.slow_start",
        summary:
            "Shuts PostgreSQL down at once and starts it again, but holds its recovery up: it listens, and refuses "
            + "connections as one that is starting up does.",
        targets: [.postgres],
        parameters: [
            ParameterSchema("delay", .duration, required: true, "Time until recovery goes on; the fault ends then.")
        ],
        requirements: ["a cluster that runs"],
        verifiedBy: "the startup process of the new postmaster is stopped",
        undoneBy: "CONT to the startup process; starting the server if it is down", durationParameter: "delay")

    private let target: ResolvedTarget
    private let server: PostgresServer

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        self.target = target
        server = try target.requirePostgres(for: specification.name)
    }

    public func plan() async throws -> [Change] {
        let postmaster = try server.postmaster()
        return [
            Change(
                subject: "the server in \(server.dataDirectory)", prior: "running", value: "immediate restart",
                undo: .starting(target)
            ) {},
            // Which process is stopped is known only once there is one; until then the one that goes stands for it.
            Change(
                subject: "recovery in \(server.dataDirectory)", prior: "none", value: "held up",
                undo: .journaled(.resume(postmaster)), apply: {}
            ) { [server, table = target.table] live in
                try await Blocking.run { try SlowStartFault.holdUp(server, table, live) }
            },
        ]
    }

    /// Recovery can be over before its process is seen, so more than one restart may be needed.
    private static func holdUp(_ server: PostgresServer, _ table: ProcessTable, _ live: LiveChange) throws {
        for _ in 0..<5 {
            try server.stop(.immediate, within: .seconds(30))
            _ = try server.start()
            let end = MonotonicClock.now() + .seconds(5)
            while MonotonicClock.now() < end, !server.isReady() {
                guard let startup = try server.processes(in: .startup).first else { continue }
                try live.amend(.resume(startup))
                do throws(SystemError) {
                    try ProcessHandle(opening: startup, in: table).send(.stop)
                    return
                } catch {
                    guard error.errno == .noSuchProcess else { throw error }
                }
            }
        }
        throw FaultError("postgres.slow_start: recovery in \(server.dataDirectory) was over too soon, five times")
    }

    public func observe() async throws -> Observation {
        guard let startup = try? server.processes(in: .startup).first else { return ["stopped": 0] }
        return ["stopped": try target.table.status(of: startup.pid).state == "T" ? 1 : 0]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        now["stopped"] == 1 ? .seen("the startup process is stopped") : .notYet("no startup process is stopped")
    }
}
