import Cgroups
import Engine
import Scenarios

/// Stops every process of a cgroup without a signal (cgroup-v2.rst, cgroup.freeze).
public struct CgroupFreezeFault: FaultKind {
    public static let schema = FaultSchema(
        name: "cgroup.freeze", summary: "Stops every process of the target; their connections stay open.",
        targets: [.cgroup], parameters: [], requirements: [], verifiedBy: "cgroup.events shows frozen 1",
        undoneBy: "writing back the bytes that cgroup.freeze held")

    private let cgroup: Cgroup
    private let target: ResolvedTarget

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        self.cgroup = try target.requireCgroup(for: specification.name)
        self.target = target
    }

    public static func foresee(_ specification: FaultSpecification) -> [ForeseenWrite] {
        [ForeseenWrite("cgroup.freeze", "1")]
    }

    public func plan() async throws -> [Change] {
        try target.confirmCgroup()
        return [try .knob("cgroup.freeze", of: target, to: "1")]
    }

    public func observe() async throws -> Observation {
        ["frozen": Double(try cgroup.readCounters("cgroup.events")["frozen"] ?? 0)]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        now["frozen"] == 1 ? .seen("cgroup.events shows frozen 1") : .notYet("not all processes are frozen")
    }
}
