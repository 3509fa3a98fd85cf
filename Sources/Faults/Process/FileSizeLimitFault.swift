import Engine
import LinuxSystem
import Scenarios

/// RLIMIT_FSIZE (getrlimit(2)).
public struct FileSizeLimitFault: FaultKind {
    public static let schema = SoftLimit.schema(
        "rlimit.fsize", "Limits the size of files that the target's processes write.",
        ParameterSchema(
            "value", .bytes, required: true,
            "Largest size to which a file can be extended; beyond it EFBIG, and SIGXFSZ where that is not ignored."))

    private let limit: SoftLimit

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        limit = SoftLimit(.fileSize, to: specification.parameters.bytes("value") ?? 0, of: target)
    }

    public func plan() async throws -> [Change] { try limit.plan() }

    public func observe() async throws -> Observation { try limit.observe() }

    public func verify(before: Observation, now: Observation) -> Verification { limit.verify(now: now) }
}
