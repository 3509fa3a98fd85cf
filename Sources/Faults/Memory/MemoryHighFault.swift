import Engine
import Scenarios

/// Throttles and reclaims above a limit without killing (cgroup-v2.rst, memory.high).
public struct MemoryHighFault: FaultKind {
    public static let schema = FaultSchema(
        name: "memory.high",
        summary: "Makes the kernel reclaim from and slow down the target above this much memory.",
        targets: [.cgroup], parameters: [MemoryLimit.parameter], requirements: ["memory controller"],
        verifiedBy: "memory.events high counts up, or memory.current falls to the limit",
        undoneBy: "writing back the bytes that memory.high held")

    private let limit: MemoryLimit

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        limit = try MemoryLimit("memory.high", specification, on: target)
    }

    public static func foresee(_ specification: FaultSpecification) -> [ForeseenWrite] {
        ForeseenWrite.memory("memory.high", specification.parameters["value"])
    }

    public func plan() async throws -> [Change] { try limit.plan() }

    public func observe() async throws -> Observation { try limit.observe(event: "high") }

    public func verify(before: Observation, now: Observation) -> Verification {
        limit.verify(before: before, now: now)
    }
}
