import Cgroups
import Engine
import Scenarios

/// Whether an OOM kill takes one process or the whole target (cgroup-v2.rst, memory.oom.group).
public struct OOMGroupFault: FaultKind {
    public static let schema = FaultSchema(
        name: "memory.oom.group", summary: "Makes an OOM kill in the target take all of it, or just one process.",
        targets: [.cgroup],
        parameters: [ParameterSchema("all", .flag, default: "true", "Whether all processes die together.")],
        requirements: ["memory controller"],
        verifiedBy:
            "memory.oom.group shows the value while processes of the target run; memory.oom_kill shows what it does",
        undoneBy: "writing back the bytes that memory.oom.group held")

    private let cgroup: Cgroup
    private let target: ResolvedTarget
    private let value: String

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        cgroup = try target.requireCgroup(for: specification.name)
        self.target = target
        value = specification.parameters.flag("all") == false ? "0" : "1"
    }

    public func plan() async throws -> [Change] {
        try target.confirmCgroup()
        return [try .knob("memory.oom.group", of: cgroup, to: value)]
    }

    public func observe() async throws -> Observation {
        [
            "set": try cgroup.readText("memory.oom.group") == value ? 1 : 0,
            "populated": try cgroup.isPopulated() ? 1 : 0,
        ]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        guard now["populated"] == 1 else { return .notYet("nothing runs in \(cgroup)") }
        return now["set"] == 1 ? .seen("memory.oom.group is \(value)") : .notYet("it is not \(value)")
    }
}
