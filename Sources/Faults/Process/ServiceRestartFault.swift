import Engine
import Journal
import LinuxSystem
import Scenarios

/// Ends a service that the scenario starts, and starts it again as it was started.
public struct ServiceRestartFault: FaultKind {
    public static let schema = FaultSchema(
        name: "service.restart",
        summary: "Ends the process of a bookshop, a PgBouncer or another program that the scenario starts, and starts "
            + "it again with the same arguments in the same cgroup.",
        targets: [.service],
        parameters: [
            ParameterSchema(
                "signal", .choice(["TERM", "KILL"]), default: "TERM",
                "TERM asks it to end; it is killed when it has not after `patience`."),
            ParameterSchema("patience", .duration, default: "10s", "Of TERM."),
            ParameterSchema(
                "restartAfter", .duration, default: "0s", "Time until it is started again; the fault ends then."),
        ],
        requirements: ["CAP_KILL", "a service that is no PostgreSQL and no issuer"],
        verifiedBy: "its process has ended, and runs no more under that pid",
        undoneBy: "starting it, unless it runs; it ends with the run anyway", durationParameter: "restartAfter")

    private let target: ResolvedTarget
    private let start: ServiceStart
    private let signal: Signal
    private let patience: Duration
    private let victim: ProcessIdentity

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        guard let start = target.start else {
            throw FaultError(
                "service.restart: target \(target.id) is not started again: it is a PostgreSQL (use postgres.restart), an "
                    + "issuer (use jwks.down), or has its system calls tampered with")
        }
        self.target = target
        self.start = start
        victim = start.process
        signal = specification.parameters.text("signal") == "KILL" ? .kill : .terminate
        patience = specification.parameters.duration("patience") ?? .seconds(10)
    }

    public func plan() async throws -> [Change] {
        guard target.table.isRunning(victim) else {
            throw FaultError("service.restart: \(victim) of \(target.id) has ended by itself, or was started anew")
        }
        let undo = Change.Undo.inProcess { [start, table = target.table] in
            await Blocking.run { () -> UndoOutcome in
                do throws(SystemError) {
                    return try start.startAgain(table) ? .restored : .alreadyRestored
                } catch {
                    return .failed(error.description)
                }
            }
        }
        return [
            Change(subject: "\(victim) of \(target.id)", prior: "running", value: "\(signal)", undo: undo) {
                [victim, signal, patience, table = target.table] in
                try await Blocking.run {
                    let handle = try ProcessHandle(opening: victim, in: table)
                    try handle.send(signal)
                    if handle.hasEnded(within: Int32(patience / .milliseconds(1))) { return }
                    try handle.send(.kill)
                    guard handle.hasEnded(within: 10_000) else {
                        throw FaultError("service.restart: \(victim) has not ended 10 s after SIGKILL")
                    }
                }
            }
        ]
    }

    public func observe() async throws -> Observation {
        ["ended": target.table.isRunning(victim) ? 0 : 1]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        guard now["ended"] == 1 else { return .notYet("\(victim) still runs") }
        let latest = start.process
        return .seen(latest == victim ? "\(victim) has ended" : "\(victim) has ended, and \(latest) was started")
    }
}
