import Engine
import LinuxSystem
import Scenarios

/// Pins threads of the target to some CPUs (sched_setaffinity(2)).
public struct AffinityFault: FaultKind {
    public static let schema = FaultSchema(
        name: "cpu.affinity", summary: "Confines the target's threads to some of the CPUs.",
        targets: [.process, .cgroup],
        parameters: [
            ParameterSchema("cpus", .text, default: "0", "A list as the kernel writes it, e.g. 0 or 0-1,4."),
            ThreadChoice.parameter,
        ],
        requirements: ["CAP_SYS_NICE"],
        verifiedBy: "Cpus_allowed_list of every chosen thread shows them, those made since included",
        undoneBy: "setting each thread's own list, and its maker's on threads made since")

    private let change: AttributeChange

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        let text = specification.parameters.text("cpus") ?? "0"
        guard let list = CPUList(text) else {
            throw FaultError("cpu.affinity: \"\(text)\" is no list of CPUs such as 0 or 0-1,4")
        }
        change = AttributeChange(.affinity, of: target, try ThreadChoice(specification)) { _, _ in list.description }
    }

    public func plan() async throws -> [Change] { try change.plan() }

    public func observe() async throws -> Observation { try change.observe() }

    public func verify(before: Observation, now: Observation) -> Verification { change.verify(now: now) }
}
