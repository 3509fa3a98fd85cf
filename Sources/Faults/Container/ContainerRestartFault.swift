import Engine
import Journal
import LinuxSystem
import Scenarios

/// Takes a container down and has its runtime start it again.
public struct ContainerRestartFault: FaultKind {
    public static let schema = FaultSchema(
        name: "container.restart",
        summary:
            "Stops or kills a container of Docker or Podman, as of a PostgreSQL in it; its runtime starts it again.",
        targets: [.container],
        parameters: [
            ParameterSchema(
                "mode", .choice(["stop", "kill"]), default: "stop",
                "stop asks it to end and kills it after `patience`, kill does so at once."),
            ParameterSchema("patience", .duration, default: "10s", "Of stop, in whole seconds."),
            ParameterSchema(
                "restartAfter", .duration, default: "0s", "Time until it is started again; the fault ends then."),
        ],
        requirements: ["Docker or Podman"],
        verifiedBy: "its first process has ended", undoneBy: "`docker start` or `podman start`, unless it runs",
        durationParameter: "restartAfter")

    private let target: ResolvedTarget
    private let container: ContainerStart
    private let process: ProcessIdentity
    private let command: [String]

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        self.target = target
        guard let container = target.container, let process = target.process else {
            throw FaultError(
                "\(specification.name): target \(target.id) is no container that runs in Docker or Podman: no other runtime "
                    + "can start one again as it was")
        }
        self.container = container
        self.process = process
        let seconds = max(0, Int((specification.parameters.duration("patience") ?? .seconds(10)).components.seconds))
        command = specification.parameters.text("mode") == "kill" ? ["kill"] : ["stop", "--time", "\(seconds)"]
    }

    public func plan() async throws -> [Change] {
        [
            Change(
                subject: "container \(container.id)", prior: "running", value: command.joined(separator: " "),
                undo: .journaled(.startContainer(container))
            ) { [container, command, process, table = target.table] in
                try await Blocking.run {
                    guard table.isRunning(process) else {
                        throw FaultError("container.restart: \(container.id) does not run, or was started anew")
                    }
                    guard try container.call(command, within: .seconds(120)) != nil else {
                        throw FaultError(
                            "container.restart: \(container.tool) refused to \(command[0]) \(container.id)")
                    }
                    // The runtime notices a little later; until then it would take the container for one that runs, and
                    // would not start it.
                    let end = MonotonicClock.now() + .seconds(60)
                    while try container.isRunning() ?? false {
                        guard MonotonicClock.now() < end else {
                            throw FaultError(
                                "container.restart: \(container.tool) says that \(container.id) still runs")
                        }
                        MonotonicClock.pause(milliseconds: 50)
                    }
                }
            }
        ]
    }

    public func observe() async throws -> Observation { ["running": target.table.isRunning(process) ? 1 : 0] }

    public func verify(before: Observation, now: Observation) -> Verification {
        now["running"] == 0 ? .seen("its first process \(process) has ended") : .notYet("its first process still runs")
    }
}
