import Engine
import LinuxSystem
import Scenarios

/// RLIMIT_NPROC: the kernel counts all processes and threads of the real user, not those of the target (getrlimit(2)).
public struct ProcessCountLimitFault: FaultKind {
    public static let schema = SoftLimit.schema(
        "rlimit.nproc", "Limits the processes and threads of the user that the target's processes run as.",
        ParameterSchema(
            "value", .integer(0...4_194_304), required: true,
            "Most processes and threads of that user; fork(2) beyond it fails with EAGAIN."),
        requirements: ["a target that is neither root nor has CAP_SYS_RESOURCE or CAP_SYS_ADMIN"])

    private let target: ResolvedTarget
    private let limit: SoftLimit

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        self.target = target
        limit = SoftLimit(.processes, to: UInt64(specification.parameters.integer("value") ?? 0), of: target)
    }

    public func plan() async throws -> [Change] {
        let isHeld = try target.processes().contains { process in
            guard let owner = try? target.table.owner(of: process.pid),
                let capabilities = try? target.table.effectiveCapabilities(of: process.pid)
            else { return false }
            // CAP_SYS_ADMIN and CAP_SYS_RESOURCE (capabilities(7)).
            return owner.user != 0 && capabilities & (1 << 21 | 1 << 24) == 0
        }
        guard isHeld else {
            throw FaultError(
                "rlimit.nproc: the kernel holds neither root nor CAP_SYS_RESOURCE to it, and every process of "
                    + "\(target.id) is or has one of these; use pids.max on its cgroup")
        }
        return try limit.plan()
    }

    public func observe() async throws -> Observation { try limit.observe() }

    public func verify(before: Observation, now: Observation) -> Verification { limit.verify(now: now) }
}
