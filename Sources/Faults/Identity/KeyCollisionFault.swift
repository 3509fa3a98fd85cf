import Engine
import IssuerControl
import Scenarios

/// Has an issuer publish two keys under one name.
public struct KeyCollisionFault: IssuerFault {
    public static let schema = FaultSchema(
        name: "jwks.collide",
        summary: "An issuer publishes another key under the name (kid) of the one that signs, before it: whoever keeps "
            + "one key for each name refuses right tokens or depends on the order.",
        targets: [.issuer], parameters: [], requirements: FaultSchema.ownIssuer,
        verifiedBy: "Brink asks for the key set itself and finds the name of the signing key twice",
        undoneBy: "taking the other key out; it lies in the issuer's memory and ends with it")

    let applied: AppliedIssuerSetting

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        applied = AppliedIssuerSetting(
            issuer: try target.requireIssuer(for: specification.name), subject: "the names of keys",
            value: "one for two", change: IssuerChange(collides: true), restoration: IssuerChange(collides: false))
    }

    public func observe() async throws -> Observation {
        var figures = try await applied.observe()
        let signing = try await applied.issuer.reading().signingKey
        figures["sameName"] = Double(await applied.issuer.lookAtKeySet().keys?.count { $0 == signing } ?? 0)
        return figures
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        guard now["sameName"] == 2 else { return .notYet("the name of the signing key is not there twice") }
        return .seen("two keys have the signing one's name; \(now.keySetRequests(since: before))")
    }
}
