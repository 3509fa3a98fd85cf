import Engine
import LinuxSystem
import Scenarios

/// Lowers a soft resource limit of all the target's processes to one value. What the rlimit faults have in common.
///
/// The hard limit stays: raising it again can be impossible even for root without CAP_SYS_RESOURCE.
struct SoftLimit: Sendable {
    private let change: AttributeChange

    init(_ limit: ResourceLimit, to value: UInt64, of target: ResolvedTarget) {
        change = AttributeChange(.limit(limit), of: target) { _, prior in
            // A process that has a lower one keeps it.
            guard let prior = ResourceLimit.Values(prior), prior.soft >= value else { return nil }
            return ResourceLimit.Values(soft: value, hard: prior.hard).description
        }
    }

    /// The schema that all share but for the name, the words and the value's kind.
    static func schema(
        _ name: String, _ summary: String, _ value: ParameterSchema, requirements: [String] = []
    ) -> FaultSchema {
        FaultSchema(
            name: name, summary: summary, targets: [.process, .cgroup], parameters: [value],
            requirements: ["CAP_SYS_RESOURCE, or processes of the same user"] + requirements,
            verifiedBy: "prlimit shows the value for every process of the target, those forked since included",
            undoneBy: "setting the prior values on every process and all that inherited the limit")
    }

    func plan() throws -> [Change] { try change.plan() }

    func observe() throws -> Observation { try change.observe() }

    func verify(now: Observation) -> Verification { change.verify(now: now) }
}
