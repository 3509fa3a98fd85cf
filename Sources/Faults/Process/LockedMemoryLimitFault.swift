import Engine
import LinuxSystem
import Scenarios

/// RLIMIT_MEMLOCK: processes with CAP_IPC_LOCK are not held to it (getrlimit(2)).
public struct LockedMemoryLimitFault: FaultKind {
    public static let schema = SoftLimit.schema(
        "rlimit.memlock", "Limits the memory that the target's processes may lock.",
        ParameterSchema(
            "value", .bytes, required: true,
            "Most memory that each process may lock; mlock(2) beyond it fails with ENOMEM."))

    private let limit: SoftLimit

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        limit = SoftLimit(.lockedMemory, to: specification.parameters.bytes("value") ?? 0, of: target)
    }

    public func plan() async throws -> [Change] { try limit.plan() }

    public func observe() async throws -> Observation { try limit.observe() }

    public func verify(before: Observation, now: Observation) -> Verification { limit.verify(now: now) }
}
