import Engine
import IssuerControl
import Scenarios

/// Shortens the life of tokens.
public struct TokenLifeFault: IssuerFault {
    public static let schema = FaultSchema(
        name: "tokens.expire",
        summary:
            "An issuer gives tokens a short life, so that they expire in bursts and are all new to the service. The "
            + "load gets new ones when three quarters of their life are over: give the issuer a short tokenLife too, or "
            + "it holds long-lived ones.",
        targets: [.issuer],
        parameters: [ParameterSchema("life", .duration, default: "1s", "Longest life of a token.")],
        requirements: FaultSchema.ownIssuer,
        verifiedBy: "the issuer's own counter: others than Brink's look got tokens of that life",
        undoneBy: "giving tokens their usual life; it lies in the issuer's memory and ends with it")

    let applied: AppliedIssuerSetting
    private let life: Duration

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        life = specification.parameters.duration("life") ?? .seconds(1)
        guard life >= .milliseconds(100) else {
            throw FaultError("tokens.expire: life must be at least 100ms, not \(life.short)")
        }
        applied = AppliedIssuerSetting(
            issuer: try target.requireIssuer(for: specification.name), subject: "the life of tokens",
            value: "at most \(life.short)", change: IssuerChange(longestLife: life.inSeconds),
            restoration: IssuerChange(longestLife: 0))
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let issued = now.growth(of: "tokens", since: before)
        guard now["inForce"] == 1, issued > 0 else { return .notYet("nobody has asked for a token since") }
        return .seen("\(issued) tokens of at most \(life.short) were issued")
    }
}
