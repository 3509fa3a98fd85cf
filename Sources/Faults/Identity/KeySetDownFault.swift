import Engine
import Scenarios

/// Has an issuer refuse its key set.
public struct KeySetDownFault: KeySetFault {
    public static let schema = FaultSchema(
        name: "jwks.down",
        summary: "An issuer answers requests for its key set (JWKS) with 503 and closes the connection; it still "
            + "issues tokens.",
        targets: [.issuer], parameters: [], requirements: FaultSchema.ownIssuer,
        verifiedBy: "Brink asks for the key set itself and gets 503",
        undoneBy: "switching it back; it lies in the issuer's memory and ends with it")

    let applied: AppliedIssuerSetting

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        applied = Self.setting(.init(.down), of: try target.requireIssuer(for: specification.name), "503")
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        guard now["status"] == 503 else { return .notYet("the key set does not answer 503") }
        return .seen("the key set answers 503; \(now.keySetRequests(since: before))")
    }
}
