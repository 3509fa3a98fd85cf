import Engine
import LinuxSystem
import Scenarios
import Synchronization

/// Lowers the soft RLIMIT_NOFILE of live processes and all their descendants (prlimit(2)).
///
/// The limit is on a descriptor's number, and a new one gets the lowest free number (open(2)): so "in use + N" is the
/// number below which just N are free, which is more than the sum where there are holes.
public struct OpenFilesLimitFault: FaultKind {
    public static let schema = FaultSchema(
        name: "rlimit.nofile",
        summary: "Lowers the number of descriptors that the target's processes may have open.",
        targets: [.process, .cgroup],
        parameters: [
            ParameterSchema(
                "value", .integer(0...1_048_576), "The soft limit; processes that have a lower one keep it."),
            ParameterSchema(
                "spare", .integer(0...1_048_576),
                "In place of value: how many more each process may open, counted from what it has when injected."),
            ParameterSchema(
                "seenBy", .choice(["limit", "EMFILE"]), default: "limit",
                "Whether it is verified once the limit is in force, or only once a process has used it up."),
        ],
        requirements: ["CAP_SYS_RESOURCE, or processes of the same user"],
        verifiedBy: "prlimit shows the limit for every process of the target, those forked since included; with "
            + "EMFILE, a process has no number left below it, so that its next open(2) fails",
        undoneBy: "setting the prior values on every process and all that inherited the limit")

    private enum Size {
        case value(UInt64)
        case spare(Int)
    }

    private let target: ResolvedTarget
    private let size: Size
    private let needsExhaustion: Bool
    private let change: AttributeChange
    /// What each process was given.
    private let given: Given

    private final class Given: Sendable {
        private let limits = Mutex<[Int32: UInt64]>([:])

        func limit(_ pid: Int32, orNew make: () -> UInt64?) -> UInt64? {
            limits.withLock { limits in
                if let known = limits[pid] { return known }
                limits[pid] = make()
                return limits[pid]
            }
        }

        var greatest: UInt64? { limits.withLock { $0.values.max() } }
    }

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        let parameters = specification.parameters
        switch (parameters.integer("value"), parameters.integer("spare")) {
        case (let value?, nil): size = .value(UInt64(value))
        case (nil, let spare?): size = .spare(spare)
        default: throw FaultError("rlimit.nofile: give either value or spare")
        }
        self.target = target
        needsExhaustion = parameters.text("seenBy") == "EMFILE"
        let given = Given()
        self.given = given
        change = AttributeChange(.limit(.openFiles), of: target) { [size, table = target.table] pid, prior in
            guard let prior = ResourceLimit.Values(prior) else { return nil }
            let wanted = given.limit(pid) {
                switch size {
                case .value(let value): value
                case .spare(let spare): try? OpenFilesLimitFault.limit(leaving: spare, pid, table)
                }
            }
            guard let wanted, prior.soft >= wanted else { return nil }
            return ResourceLimit.Values(soft: wanted, hard: prior.hard).description
        }
    }

    public func plan() async throws -> [Change] { try change.plan() }

    public func observe() async throws -> Observation {
        var limited = 0.0
        var exhausted = 0.0
        let processes = try target.processes()
        for process in processes {
            guard let current = try? ResourceLimit.openFiles.read(process.pid) else { continue }
            // A child has the limit of the process that forked it.
            guard let greatest = given.greatest, current.soft <= greatest else { continue }
            limited += 1
            if try OpenFilesLimitFault.limit(leaving: 0, process.pid, target.table) >= current.soft { exhausted += 1 }
        }
        return ["processes": Double(processes.count), "limited": limited, "exhausted": exhausted]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let processes = Int(now["processes"] ?? 0)
        let limited = Int(now["limited"] ?? 0)
        let exhausted = Int(now["exhausted"] ?? 0)
        guard processes > 0, limited == processes else {
            return .notYet("\(limited) of \(processes) processes are limited")
        }
        if exhausted > 0 {
            return .seen("\(exhausted) of \(processes) processes have no descriptor left: open(2) fails with EMFILE")
        }
        if needsExhaustion { return .notYet("all \(processes) processes are limited, and none has used it up") }
        return .seen("all \(processes) processes are limited")
    }

    /// The limit below which a process has this many numbers free.
    private static func limit(leaving spare: Int, _ pid: Int32, _ table: ProcessTable) throws(SystemError) -> UInt64 {
        let used = Set(try table.descriptors(of: pid))
        var free = 0
        var number: Int32 = 0
        while free < spare || used.contains(number) {
            if !used.contains(number) { free += 1 }
            number += 1
        }
        return UInt64(number)
    }
}
