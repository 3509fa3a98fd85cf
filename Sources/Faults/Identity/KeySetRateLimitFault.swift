import Engine
import IssuerClient
import IssuerControl
import Scenarios

/// Has an issuer limit how often it gives its key set.
public struct KeySetRateLimitFault: IssuerFault {
    public static let schema = FaultSchema(
        name: "jwks.rate_limit",
        summary: "An issuer gives its key set so many times a second to all together, and answers 429 with Retry-After "
            + "beyond.",
        targets: [.issuer],
        parameters: [
            ParameterSchema("per_second", .integer(0...100), default: "1", "Answers a second; 0 gives none.")
        ],
        requirements: FaultSchema.ownIssuer,
        verifiedBy: "Brink asks for the key set itself, once more than allowed, and gets 429",
        undoneBy: "switching it back; it lies in the issuer's memory and ends with it")

    let applied: AppliedIssuerSetting
    private let limit: Int

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        limit = specification.parameters.integer("per_second") ?? 1
        applied = AppliedIssuerSetting(
            issuer: try target.requireIssuer(for: specification.name), subject: "the key set",
            value: "\(limit) a second", change: IssuerChange(keySet: .init(.rateLimited, perSecond: limit)),
            restoration: IssuerChange(keySet: .ok))
    }

    public func observe() async throws -> Observation {
        var figures = try await applied.observe()
        guard figures["inForce"] == 1 else { return figures }
        figures["limited"] = 0
        for _ in 0...limit where await applied.issuer.lookAtKeySet(within: .seconds(1)).status == 429 {
            figures["limited"] = 1
            break
        }
        return figures
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        guard now["limited"] == 1 else { return .notYet("the key set does not answer 429") }
        return .seen("the key set answers 429 beyond \(limit) a second; \(now.keySetRequests(since: before))")
    }
}
