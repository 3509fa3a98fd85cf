import Engine
import Scenarios

/// Caps memory; the kernel kills in the target when reclaim is not enough (cgroup-v2.rst, memory.max).
public struct MemoryMaxFault: FaultKind {
    public static let schema = FaultSchema(
        name: "memory.max",
        summary: "Caps the target's memory; the kernel's OOM killer ends processes in it when that is not enough.",
        targets: [.cgroup], parameters: [MemoryLimit.parameter], requirements: ["memory controller"],
        verifiedBy: "memory.events max counts up, or memory.current falls to the limit",
        undoneBy: "writing back the bytes that memory.max held")

    private let limit: MemoryLimit

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        limit = try MemoryLimit("memory.max", specification, on: target)
    }

    public static func foresee(_ specification: FaultSpecification) -> [ForeseenWrite] {
        ForeseenWrite.memory("memory.max", specification.parameters["value"])
    }

    public func plan() async throws -> [Change] { try limit.plan() }

    public func observe() async throws -> Observation { try limit.observe(event: "max") }

    public func verify(before: Observation, now: Observation) -> Verification {
        limit.verify(before: before, now: now)
    }
}
