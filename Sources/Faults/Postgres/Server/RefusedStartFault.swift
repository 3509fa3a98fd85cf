import Engine
import Journal
import LinuxSystem
import Postgres
import Scenarios

/// Shuts PostgreSQL down and keeps it from starting by a mistake in its configuration.
public struct RefusedStartFault: FaultKind {
    public static let schema = FaultSchema(
        name: "postgres.refuse_start",
        summary: "Shuts PostgreSQL down and puts a line into postgresql.auto.conf that makes every start fail.",
        targets: [.postgres],
        parameters: [
            ParameterSchema(
                "mode", .choice(ShutdownMode.allCases.map(\.rawValue)), default: "fast", "How it is shut down.")
        ],
        requirements: ["a cluster that runs"],
        verifiedBy: "a start was tried and failed, and no postmaster runs",
        undoneBy: "putting the file's bytes back, then starting the server as it was started")

    private let target: ResolvedTarget
    private let server: PostgresServer
    private let mode: ShutdownMode
    private let attempts = Attempts()

    private actor Attempts {
        var refused = 0

        func refuse() { refused += 1 }
    }

    /// No version has a setting of that name (a name with a dot would be taken for an extension's).
    private static let line = "brink_keeps_this_server_from_starting = 'on'\n"

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        self.target = target
        server = try target.requirePostgres(for: specification.name)
        mode = specification.parameters.text("mode").flatMap(ShutdownMode.init) ?? .fast
    }

    public func plan() async throws -> [Change] {
        let postmaster = try server.postmaster()
        let file = try server.automaticConfiguration(adding: Self.line, needsRestart: false)
        return [
            // Made before the file is changed, so that the server is started after the file is put back.
            Change(
                subject: "postmaster \(postmaster) in \(server.dataDirectory)", prior: "running",
                value: "\(mode.rawValue) shutdown", undo: .starting(target)
            ) {},
            Change(
                subject: file.path, prior: "\(file.prior.count) bytes", value: "one more line: \(Self.line.dropLast())",
                undo: .restoring(file, of: target)
            ) { [server, mode, attempts] in
                let isRefused = try await Blocking.run { () throws -> Bool in
                    try file.write(file.injected)
                    try server.stop(mode, within: .seconds(60))
                    do throws(SystemError) {
                        _ = try server.start()
                        return false
                    } catch {
                        // Whoever looks after the server says it in his own way; that it does not run is looked at.
                        return true
                    }
                }
                if isRefused { await attempts.refuse() }
            },
        ]
    }

    public func observe() async throws -> Observation {
        ["refused": Double(await attempts.refused), "runs": (try? server.postmaster()) == nil ? 0 : 1]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        guard now["refused"] ?? 0 > 0, now["runs"] == 0 else { return .notYet("the server runs") }
        return .seen("a start failed, and no postmaster runs")
    }
}
