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

    private let target: ResolvedTarget
    private let knob: KnobInForce

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        self.target = target
        knob = KnobInForce(
            knob: "memory.oom.group", cgroup: try target.requireCgroup(for: specification.name),
            value: specification.parameters.flag("all") == false ? "0" : "1")
    }

    public static func foresee(_ specification: FaultSpecification) -> [ForeseenWrite] {
        [ForeseenWrite("memory.oom.group", specification.parameters.flag("all") == false ? "0" : "1")]
    }

    public func plan() async throws -> [Change] {
        try target.confirmCgroup()
        return [try knob.change(of: target)]
    }

    public func observe() async throws -> Observation { try knob.observe() }

    public func verify(before: Observation, now: Observation) -> Verification { knob.verify(now: now) }
}
