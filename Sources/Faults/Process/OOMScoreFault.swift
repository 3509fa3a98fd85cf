import Engine
import LinuxSystem
import Scenarios

/// Makes the target's processes more or less likely to be taken by the OOM killer (proc(5), oom_score_adj).
public struct OOMScoreFault: FaultKind {
    public static let schema = FaultSchema(
        name: "process.oom_score_adj",
        summary: "Makes the OOM killer prefer the target's processes, or spare them.",
        targets: [.process, .cgroup],
        parameters: [
            ParameterSchema(
                "value", .integer(-1000...1000), default: "1000",
                "1000 is taken first, -1000 never; one unit is a thousandth of the memory in question.")
        ],
        requirements: ["CAP_SYS_RESOURCE to lower it"],
        verifiedBy: "/proc/PID/oom_score_adj shows the value for every process, those forked since included",
        undoneBy: "setting the prior values on every process and all that inherited it")

    private let change: AttributeChange

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        let value = String(specification.parameters.integer("value") ?? 1000)
        change = AttributeChange(.oomScoreAdjustment, of: target) { _, _ in value }
    }

    public func plan() async throws -> [Change] { try change.plan() }

    public func observe() async throws -> Observation { try change.observe() }

    public func verify(before: Observation, now: Observation) -> Verification { change.verify(now: now) }
}
