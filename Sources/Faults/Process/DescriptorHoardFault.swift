import Engine
import LinuxSystem
import Scenarios

/// Opens descriptors inside the target's cgroup and keeps them: kernel memory on the target's account, and entries in
/// the machine's one table of open files (fs.file-max).
public struct DescriptorHoardFault: FaultKind {
    public static let schema = FaultSchema(
        name: "descriptors.hoard", summary: "Holds open files, pipes or sockets inside the target's cgroup.",
        targets: [.cgroup],
        parameters: [
            ParameterSchema("count", .integer(1...1_000_000), required: true, "How many descriptors to hold."),
            ParameterSchema("kind", .choice(["file", "pipe", "socket"]), default: "socket", "What they are."),
        ],
        requirements: ["CAP_SYS_RESOURCE for more than the hard RLIMIT_NOFILE"],
        verifiedBy: "/proc/PID/fd of the hoard counts as many",
        undoneBy: "killing and removing the cgroup the hoard lives in")

    private let target: ResolvedTarget
    private let stressor: Stressor
    private let count: Int

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        self.target = target
        count = specification.parameters.integer("count") ?? 0
        let kind = specification.parameters.text("kind") ?? "socket"
        stressor = Stressor(
            specification.id, in: try target.requireCgroup(for: specification.name),
            arguments: ["hoard", "--count", String(count), "--kind", kind])
    }

    public func plan() async throws -> [Change] {
        try target.confirmCgroup()
        return [try stressor.change(value: "hoard of \(count) descriptors")]
    }

    public func observe() async throws -> Observation {
        guard let pid = try stressor.processes().first else { return [:] }
        return ["held": Double(try target.table.descriptorCount(of: pid))]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let held = Int(now["held"] ?? 0)
        return held >= count ? .seen("it holds \(held) descriptors") : .notYet("it holds \(held) of \(count)")
    }
}
