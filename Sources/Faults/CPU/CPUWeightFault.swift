import Engine
import Scenarios

/// Changes the target's share of a contended CPU (cgroup-v2.rst, cpu.weight).
public struct CPUWeightFault: FaultKind {
    public static let schema = FaultSchema(
        name: "cpu.weight",
        summary: "Changes the target's share of CPU time when its siblings want it too.", targets: [.cgroup],
        parameters: [
            ParameterSchema("value", .integer(1...10000), default: "1", "Against the siblings' weights; 100 is usual.")
        ],
        requirements: ["cpu controller"],
        verifiedBy: "cpu.weight shows the value while processes of the target run; what it costs shows as cpu.pressure",
        undoneBy: "writing back the bytes that cpu.weight held")

    private let target: ResolvedTarget
    private let knob: KnobInForce

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        self.target = target
        knob = KnobInForce(
            knob: "cpu.weight", cgroup: try target.requireCgroup(for: specification.name),
            value: String(specification.parameters.integer("value") ?? 1))
    }

    public static func foresee(_ specification: FaultSpecification) -> [ForeseenWrite] {
        [ForeseenWrite("cpu.weight", String(specification.parameters.integer("value") ?? 1))]
    }

    public func plan() async throws -> [Change] {
        try target.confirmCgroup()
        return [try knob.change(of: target)]
    }

    public func observe() async throws -> Observation { try knob.observe() }

    public func verify(before: Observation, now: Observation) -> Verification { knob.verify(now: now) }
}
