import Engine
import LinuxSystem
import Scenarios

/// RLIMIT_DATA: since Linux 4.7 it counts private writable mappings as well as the heap (getrlimit(2)).
public struct DataSizeLimitFault: FaultKind {
    public static let schema = SoftLimit.schema(
        "rlimit.data", "Limits the data segment of each of the target's processes.",
        ParameterSchema(
            "value", .bytes, required: true,
            "Most private writable memory of each process; beyond it allocation fails with ENOMEM."))

    private let limit: SoftLimit

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        limit = SoftLimit(.dataSize, to: specification.parameters.bytes("value") ?? 0, of: target)
    }

    public func plan() async throws -> [Change] { try limit.plan() }

    public func observe() async throws -> Observation { try limit.observe() }

    public func verify(before: Observation, now: Observation) -> Verification { limit.verify(now: now) }
}
