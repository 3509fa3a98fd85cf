import Engine
import LinuxSystem
import Scenarios

/// RLIMIT_AS: what is mapped already stays, whatever the value (getrlimit(2)).
public struct AddressSpaceLimitFault: FaultKind {
    public static let schema = SoftLimit.schema(
        "rlimit.as", "Limits the address space of each of the target's processes.",
        ParameterSchema(
            "value", .bytes, required: true,
            "Most virtual memory of each process; mmap(2) and brk(2) beyond it fail with ENOMEM."))

    private let limit: SoftLimit

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        limit = SoftLimit(.addressSpace, to: specification.parameters.bytes("value") ?? 0, of: target)
    }

    public func plan() async throws -> [Change] { try limit.plan() }

    public func observe() async throws -> Observation { try limit.observe() }

    public func verify(before: Observation, now: Observation) -> Verification { limit.verify(now: now) }
}
