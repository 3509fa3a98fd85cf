import Engine
import Journal
import LinuxSystem
import Scenarios

/// Lowers the soft RLIMIT_NOFILE of live processes and all their descendants (prlimit(2)).
///
/// The hard limit stays: raising it again can be impossible even for root without CAP_SYS_RESOURCE.
public struct OpenFilesLimitFault: FaultKind {
    public static let schema = FaultSchema(
        name: "rlimit.nofile",
        summary: "Lowers the number of descriptors that the target's processes may have open.",
        targets: [.process, .cgroup],
        parameters: [
            ParameterSchema(
                "value", .integer(0...1_048_576), required: true,
                "The soft limit; processes that have a lower one keep it.")
        ],
        requirements: ["CAP_SYS_RESOURCE, or processes of the same user"],
        verifiedBy: "prlimit shows the value for every process of the target, those forked since included",
        undoneBy: "setting the prior values on every process and all that inherited the limit")

    private let target: ResolvedTarget
    private let value: UInt64

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        self.target = target
        self.value = UInt64(specification.parameters.integer("value") ?? 0)
    }

    public func plan() async throws -> [Change] {
        try target.confirmCgroup()
        let limit = ResourceLimit.openFiles
        var entries: [UndoAction.Limits.Entry] = []
        for process in try target.processes() {
            guard let prior = try? limit.read(process.pid), prior.soft >= value else { continue }
            entries.append(UndoAction.Limits.Entry(process: process, prior: prior))
        }
        // Those that have just this value already are listed too, so that they are not taken for heirs.
        guard let first = entries.first(where: { $0.prior.soft > value }) else {
            throw FaultError("rlimit.nofile: no process of \(target.id) has a soft limit above \(value)")
        }
        let limits = UndoAction.Limits(
            resource: limit, injectedSoft: value, entries: entries, cgroupFolder: target.cgroup?.folder)
        return [
            Change(
                subject: "\(limit.rawValue) of the processes of \(target.id)",
                prior: String(first.prior.soft), value: String(value), undo: .journaled(.restoreLimits(limits))
            ) { [table = target.table, value, entries] in
                for entry in entries where table.isRunning(entry.process) {
                    let wanted = ResourceLimit.Values(soft: value, hard: entry.prior.hard)
                    try limit.write(entry.process.pid, wanted)
                    guard try limit.read(entry.process.pid) == wanted else {
                        throw FaultError("rlimit.nofile: \(entry.process) does not show the value that was set")
                    }
                }
            }
        ]
    }

    public func observe() async throws -> Observation {
        var limited = 0.0
        let processes = try target.processes()
        for process in processes {
            if let current = try? ResourceLimit.openFiles.read(process.pid), current.soft <= value { limited += 1 }
        }
        return ["processes": Double(processes.count), "limited": limited]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let processes = now["processes"] ?? 0
        let limited = now["limited"] ?? 0
        guard processes > 0, limited == processes else {
            return .notYet("\(Int(limited)) of \(Int(processes)) processes are limited")
        }
        return .seen("all \(Int(processes)) processes may have \(value) descriptors")
    }
}
