import Engine
import Scenarios

/// Takes away the target's hard protection from reclaim (cgroup-v2.rst, memory.min: never reclaimed).
public struct MemoryMinFault: FaultKind {
    public static let schema = MemoryProtection.schema(
        "memory.min", "Takes away, or changes, the target's hard protection from memory reclaim.")

    private let protection: MemoryProtection

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        protection = try MemoryProtection("memory.min", specification, on: target)
    }

    public static func foresee(_ specification: FaultSpecification) -> [ForeseenWrite] {
        ForeseenWrite.memory("memory.min", specification.parameters["value"])
    }

    public func plan() async throws -> [Change] { try protection.plan() }

    public func observe() async throws -> Observation { try protection.observe() }

    public func verify(before: Observation, now: Observation) -> Verification {
        protection.verify(before: before, now: now)
    }
}
