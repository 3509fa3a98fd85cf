import Engine
import Scenarios

/// Cancels statements of clients.
public struct CancelFault: SessionFault {
    public static let schema = FaultSchema(
        name: "postgres.cancel",
        summary: "Cancels running statements of clients (pg_cancel_backend), again and again; their sessions go on.",
        targets: [.database], parameters: BackendStorm.parameters, requirements: BackendStorm.requirements,
        verifiedBy: "how often the function returned true for a session that was at work",
        undoneBy: FaultSchema.closingSessions)

    private let storm: BackendStorm
    var holder: SessionHolder { storm.holder }

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        // An idle session would shrug it off.
        storm = try BackendStorm(
            specification, on: target, function: "pg_cancel_backend", condition: "a.state = 'active'")
    }

    func setUp() async throws -> SessionPlan { try await storm.setUp() }

    func look() async throws -> Observation { try await storm.look() }

    public func verify(before: Observation, now: Observation) -> Verification { storm.verify(now) }
}
