import Engine
import LinuxSystem
import Scenarios

/// Changes the nice value of the target's threads (setpriority(2)).
public struct PriorityFault: FaultKind {
    public static let schema = FaultSchema(
        name: "process.priority", summary: "Changes the nice value of the target's threads.",
        targets: [.process, .cgroup],
        parameters: [
            ParameterSchema(
                "nice", .integer(-20...19), default: "19",
                "From -20, most favoured, to 19; it weighs among the threads of one cgroup."),
            ThreadChoice.parameter,
        ],
        requirements: ["CAP_SYS_NICE"],
        verifiedBy: "getpriority shows the value for every chosen thread, those made since included",
        undoneBy: "setting each thread's own value, and its maker's on threads made since")

    private let change: AttributeChange

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        let value = String(specification.parameters.integer("nice") ?? 19)
        change = AttributeChange(.nice, of: target, try ThreadChoice(specification)) { _, _ in value }
    }

    public func plan() async throws -> [Change] { try change.plan() }

    public func observe() async throws -> Observation { try change.observe() }

    public func verify(before: Observation, now: Observation) -> Verification { change.verify(now: now) }
}
