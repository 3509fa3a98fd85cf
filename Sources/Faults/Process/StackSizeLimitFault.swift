import Engine
import LinuxSystem
import Scenarios

/// RLIMIT_STACK: threads that exist already keep theirs (getrlimit(2), pthread_create(3)).
public struct StackSizeLimitFault: FaultKind {
    public static let schema = SoftLimit.schema(
        "rlimit.stack", "Limits the stack of each of the target's processes; one that needs more is ended by SIGSEGV.",
        ParameterSchema(
            "value", .bytes, required: true,
            "Most stack of the main thread and, for programs started from now on, default size of a thread's."))

    private let limit: SoftLimit

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        limit = SoftLimit(.stackSize, to: specification.parameters.bytes("value") ?? 0, of: target)
    }

    public func plan() async throws -> [Change] { try limit.plan() }

    public func observe() async throws -> Observation { try limit.observe() }

    public func verify(before: Observation, now: Observation) -> Verification { limit.verify(now: now) }
}
