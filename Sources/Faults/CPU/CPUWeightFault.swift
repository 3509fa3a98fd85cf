import Cgroups
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

    private let cgroup: Cgroup
    private let target: ResolvedTarget
    private let value: String

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        cgroup = try target.requireCgroup(for: specification.name)
        self.target = target
        value = String(specification.parameters.integer("value") ?? 1)
    }

    public func plan() async throws -> [Change] {
        try target.confirmCgroup()
        return [try .knob("cpu.weight", of: cgroup, to: value)]
    }

    public func observe() async throws -> Observation {
        [
            "set": try cgroup.readText("cpu.weight") == value ? 1 : 0,
            "populated": try cgroup.isPopulated() ? 1 : 0,
        ]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        guard now["populated"] == 1 else { return .notYet("nothing runs in \(cgroup)") }
        return now["set"] == 1 ? .seen("cpu.weight is \(value)") : .notYet("cpu.weight is not \(value)")
    }
}
