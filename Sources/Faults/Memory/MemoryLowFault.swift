import Engine
import Scenarios

/// Takes away the target's best-effort protection from reclaim (cgroup-v2.rst, memory.low: reclaimed only when nothing unprotected is left).
public struct MemoryLowFault: FaultKind {
    public static let schema = MemoryProtection.schema(
        "memory.low", "Takes away, or changes, the target's best-effort protection from memory reclaim.")

    private let protection: MemoryProtection

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        protection = try MemoryProtection("memory.low", specification, on: target)
    }

    public static func foresee(_ specification: FaultSpecification) -> [ForeseenWrite] {
        ForeseenWrite.memory("memory.low", specification.parameters["value"])
    }

    public func plan() async throws -> [Change] { try protection.plan() }

    public func observe() async throws -> Observation { try protection.observe() }

    public func verify(before: Observation, now: Observation) -> Verification {
        protection.verify(before: before, now: now)
    }
}
