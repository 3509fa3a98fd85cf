import Engine
import Journal
import LinuxSystem
import Scenarios
import SeededRandom
import Synchronization

/// Sends a signal to one of the target's processes, or to all, by pidfd.
public struct ProcessSignalFault: FaultKind {
    public static let schema = FaultSchema(
        name: "process.signal",
        summary: "Sends a signal to the target's processes; STOP lasts for the fault's time and is followed by CONT.",
        targets: [.process, .cgroup],
        parameters: [
            ParameterSchema("signal", .choice(Signal.allNames), required: true, "Name of the signal, without SIG."),
            ParameterSchema(
                "which", .choice(ProcessChoice.words), default: "main",
                "The main process, all, the child of the given number, or one at random by the scenario's seed."),
            ParameterSchema(
                "child", .integer(1...100_000), default: "1",
                "With child: which of the main process's children, counted from the lowest pid."),
        ],
        requirements: ["CAP_KILL"],
        verifiedBy: "each process has ended, is stopped (state T), or has a handler for the signal",
        undoneBy: "CONT after STOP; nothing else can be taken back")

    private let target: ResolvedTarget
    private let choice: ProcessChoice
    private let signal: Signal
    private let victims: Victims

    /// Those that were chosen: the same ones from the last plan to the last look.
    private final class Victims: Sendable {
        private let chosen = Mutex<[ProcessIdentity]>([])

        var all: [ProcessIdentity] { chosen.withLock { $0 } }

        /// Keeps an earlier choice of one as long as it runs; all are those that there are now.
        func choose(_ choice: ProcessChoice, in table: ProcessTable) throws -> [ProcessIdentity] {
            try chosen.withLock { chosen in
                if choice.isOfAll || !chosen.contains(where: table.isRunning) { chosen = try choice.processes() }
                return chosen
            }
        }
    }

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        guard let signal = specification.parameters.text("signal").flatMap({ Signal(name: $0) }) else {
            throw FaultError("process.signal: unknown signal")
        }
        choice = try ProcessChoice(specification, on: target)
        self.target = target
        self.signal = signal
        victims = Victims()
    }

    public func plan() async throws -> [Change] {
        let chosen = try victims.choose(choice, in: target.table)
        let processes = chosen.filter(target.table.isRunning)
        guard !processes.isEmpty else { throw SubjectEnded("\(chosen[0]) of \(target.id)") }
        return try processes.map { process in
            if signal.stops, try target.table.status(of: process.pid).state == "T" {
                throw FaultError("process.signal: \(process) of \(target.id) is stopped already")
            }
            let undo: Change.Undo = signal.stops ? .journaled(.resume(process)) : .nothing
            return Change(subject: "\(process) of \(target.id)", prior: "running", value: "\(signal)", undo: undo) {
                [signal, table = target.table, isOnly = processes.count == 1] in
                do throws(SystemError) {
                    try ProcessHandle(opening: process, in: table).send(signal)
                } catch {
                    guard error.errno == .noSuchProcess else { throw error }
                    // One of many that ends by itself is no loss.
                    if isOnly { throw SubjectEnded("\(process)") }
                }
            }
        }
    }

    public func observe() async throws -> Observation {
        let processes = victims.all
        var observation = ["processes": Double(processes.count), "ended": 0, "stopped": 0, "caught": 0]
        for process in processes {
            guard let status = try? target.table.status(of: process.pid), target.table.isRunning(process) else {
                observation["ended", default: 0] += 1
                continue
            }
            if status.state == "T" { observation["stopped", default: 0] += 1 }
            if (try? target.table.catches(signal, process.pid)) == true { observation["caught", default: 0] += 1 }
        }
        return observation
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let count = now["processes"] ?? 0
        let ended = now["ended"] ?? 0
        let words = victims.all.count == 1 ? "\(victims.all[0])" : "\(Int(count)) processes"
        guard count > 0 else { return .notYet("nothing was sent yet") }
        if ended == count { return .seen("\(words) ended") }
        if signal.stops {
            let stopped = now["stopped"] ?? 0
            return stopped + ended == count
                ? .seen("\(words) stopped") : .notYet("\(Int(stopped)) of \(Int(count)) are stopped")
        }
        if signal == .kill { return .notYet("\(Int(count - ended)) of \(Int(count)) still run") }
        if ended + (now["caught"] ?? 0) == count {
            return .seen("\(words) took \(signal), for which there is a handler")
        }
        return .notYet("\(words) run on and have no handler for \(signal)")
    }
}
