import Engine
import Journal
import LinuxSystem
import Postgres
import Scenarios

/// Shuts PostgreSQL down and starts it again just as it ran.
public struct PostgresRestartFault: FaultKind {
    public static let schema = FaultSchema(
        name: "postgres.restart", summary: "Shuts PostgreSQL down and starts it again.",
        targets: [.postgres],
        parameters: [
            ParameterSchema(
                "mode", .choice(ShutdownMode.allCases.map(\.rawValue)), default: "fast",
                "smart waits for clients, fast ends their sessions, immediate skips the checkpoint."),
            ParameterSchema("timeout", .duration, default: "60s", "Longest time for the shutdown."),
        ],
        requirements: ["a cluster that runs"],
        verifiedBy: "another postmaster runs and accepts connections",
        undoneBy: "starting the server with its own arguments, unless it runs", isInstant: true)

    private let server: PostgresServer
    private let mode: ShutdownMode
    private let timeout: Duration
    private let target: ResolvedTarget

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        server = try target.requirePostgres(for: specification.name)
        mode = specification.parameters.text("mode").flatMap(ShutdownMode.init(rawValue:)) ?? .fast
        timeout = specification.parameters.duration("timeout") ?? .seconds(60)
        self.target = target
    }

    public func plan() async throws -> [Change] {
        let old = try server.postmaster()
        return [
            Change(
                subject: "postmaster \(old) in \(server.dataDirectory)", prior: "running",
                value: "\(mode.rawValue) restart",
                undo: .starting(target)
            ) { [server, mode, timeout] in
                try await Blocking.run {
                    do {
                        try server.stop(mode, within: timeout)
                    } catch let error as SystemError where error.errno == .timedOut {
                        // Left as it is, the server would refuse new sessions for ever.
                        try server.stop(.fast, within: timeout)
                        _ = try server.start()
                        throw FaultError("\(error); it was restarted with fast instead")
                    }
                    _ = try server.start()
                    try server.waitUntilReady(within: .seconds(120))
                }
            }
        ]
    }

    public func observe() async throws -> Observation {
        let start = (try? server.postmaster()).map { Double($0.startTime) } ?? 0
        return ["start": start, "ready": server.isReady() ? 1 : 0]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        guard now["ready"] == 1, let start = now["start"], start > 0, start != before["start"] else {
            return .notYet("no other postmaster accepts connections")
        }
        return .seen("another postmaster accepts connections")
    }
}
