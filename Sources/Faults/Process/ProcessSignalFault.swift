import Engine
import Journal
import LinuxSystem
import Scenarios

/// Sends a signal to the target's main process by its pidfd.
public struct ProcessSignalFault: FaultKind {
    public static let schema = FaultSchema(
        name: "process.signal",
        summary:
            "Sends a signal to the target's main process; STOP lasts for the fault's time and is followed by CONT.",
        targets: [.process],
        parameters: [
            ParameterSchema("signal", .choice(Signal.allNames), required: true, "Name of the signal, without SIG.")
        ],
        requirements: ["CAP_KILL"],
        verifiedBy: "the process has ended, is stopped (state T), or has a handler for the signal",
        undoneBy: "CONT after STOP; nothing else can be taken back")

    private let target: ResolvedTarget
    private let process: ProcessIdentity
    private let signal: Signal

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        guard let process = target.process else {
            throw FaultError("process.signal: target \(target.id) has no main process; name a process or a service")
        }
        guard let signal = specification.parameters.text("signal").flatMap({ Signal(name: $0) }) else {
            throw FaultError("process.signal: unknown signal")
        }
        self.target = target
        self.process = process
        self.signal = signal
    }

    public func plan() async throws -> [Change] {
        guard target.table.isRunning(process) else {
            throw FaultError("process.signal: \(process) of \(target.id) has ended")
        }
        if signal.stops, try target.table.status(of: process.pid).state == "T" {
            throw FaultError("process.signal: \(process) of \(target.id) is stopped already")
        }
        let undo: Change.Undo = signal.stops ? .journaled(.resume(process)) : .nothing
        return [
            Change(subject: "\(process) of \(target.id)", prior: "running", value: "\(signal)", undo: undo) {
                [process, signal, table = target.table] in
                try ProcessHandle(opening: process, in: table).send(signal)
            }
        ]
    }

    public func observe() async throws -> Observation {
        guard target.table.isRunning(process) else { return ["running": 0] }
        let stopped = try target.table.status(of: process.pid).state == "T"
        return [
            "running": 1, "stopped": stopped ? 1 : 0,
            "caught": try target.table.catches(signal, process.pid) ? 1 : 0,
        ]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        if now["running"] == 0 { return .seen("\(process) has ended") }
        if signal.stops { return now["stopped"] == 1 ? .seen("\(process) is stopped") : .notYet("still running") }
        if signal == .kill { return .notYet("\(process) still runs") }
        if before["caught"] == 1 { return .seen("\(process) has a handler for \(signal), which was delivered") }
        return .notYet("\(process) runs on and has no handler for \(signal)")
    }
}
