import Cgroups
import Engine
import LinuxSystem
import Scenarios

/// Narrows the set of CPUs that the target has been given (cgroup-v2.rst, cpuset.cpus).
///
/// Only where there is such a set: the kernel does not let go of one once processes live under it (ENOSPC from
/// kernel/cgroup/cpuset.c, validate_change), so that an empty one could not be put back.
public struct CpusetFault: FaultKind {
    public static let schema = FaultSchema(
        name: "cpuset.cpus", summary: "Narrows the set of CPUs that the target's cgroup was given.", targets: [.cgroup],
        parameters: [
            ParameterSchema("cpus", .text, default: "0", "A list as the kernel writes it, e.g. 0 or 0-1,4.")
        ],
        requirements: ["cpuset controller", "a target with a set already; cpu.affinity does without"],
        verifiedBy: "cpuset.cpus.effective shows them, and so does Cpus_allowed_list of every process",
        undoneBy: "writing back the bytes that cpuset.cpus held")

    private let cgroup: Cgroup
    private let target: ResolvedTarget
    private let cpus: String

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        cgroup = try target.requireCgroup(for: specification.name)
        self.target = target
        let text = specification.parameters.text("cpus") ?? "0"
        guard let list = CPUList(text) else {
            throw FaultError("cpuset.cpus: \"\(text)\" is no list of CPUs such as 0 or 0-1,4")
        }
        cpus = list.description
    }

    public func plan() async throws -> [Change] {
        try target.confirmCgroup()
        guard try !cgroup.readText("cpuset.cpus").isEmpty else {
            throw FaultError(
                "cpuset.cpus: \(cgroup) has no set of its own, and the kernel would not let Brink take one away again "
                    + "while processes live there; use cpu.affinity")
        }
        return [try .knob("cpuset.cpus", of: target, to: cpus)]
    }

    public func observe() async throws -> Observation {
        let effective = try cgroup.readText("cpuset.cpus.effective")
        let processes = try target.processes()
        var pinned = 0.0
        for process in processes where (try? target.table.allowedCPUs(of: process.pid)) == effective { pinned += 1 }
        return [
            "effective": effective == cpus ? 1 : 0, "processes": Double(processes.count), "pinned": pinned,
        ]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        guard now["effective"] == 1 else { return .notYet("cpuset.cpus.effective is not \(cpus)") }
        let processes = now["processes"] ?? 0
        guard processes > 0, now["pinned"] == processes else { return .notYet("not every process is confined yet") }
        return .seen("all \(Int(processes)) processes run on CPU \(cpus) only")
    }
}
