import Engine
import LinuxSystem
import Scenarios

/// RLIMIT_CORE: not looked at when core_pattern is a pipe (core(5)).
public struct CoreSizeLimitFault: FaultKind {
    public static let schema = SoftLimit.schema(
        "rlimit.core", "Limits the core files that the target's processes leave when they crash.",
        ParameterSchema(
            "value", .bytes, default: "0B", "Largest core file; 0B writes none."))

    private let limit: SoftLimit

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        limit = SoftLimit(.coreSize, to: specification.parameters.bytes("value") ?? 0, of: target)
    }

    public func plan() async throws -> [Change] { try limit.plan() }

    public func observe() async throws -> Observation { try limit.observe() }

    public func verify(before: Observation, now: Observation) -> Verification { limit.verify(now: now) }
}
