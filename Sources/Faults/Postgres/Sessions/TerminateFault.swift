import Engine
import Scenarios

/// Ends sessions of clients.
public struct TerminateFault: SessionFault {
    public static let schema = FaultSchema(
        name: "postgres.terminate",
        summary:
            "Ends sessions of clients (pg_terminate_backend), again and again; what they had not committed is lost.",
        targets: [.database], parameters: BackendStorm.parameters, requirements: BackendStorm.requirements,
        verifiedBy: "how often the function returned true",
        undoneBy: "closing its own session; the ended ones are for the clients to open anew")

    private let storm: BackendStorm
    var holder: SessionHolder { storm.holder }

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        storm = try BackendStorm(specification, on: target, function: "pg_terminate_backend", condition: "true")
    }

    func setUp() async throws -> SessionPlan { try await storm.setUp() }

    func look() async throws -> Observation { try await storm.look() }

    public func verify(before: Observation, now: Observation) -> Verification { storm.verify(now) }
}
