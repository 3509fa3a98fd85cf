import Engine
import Foundation
import IssuerClient
import IssuerControl
import Scenarios

/// Shifts an issuer's clock.
public struct IssuerClockFault: IssuerFault {
    public static let schema = FaultSchema(
        name: "issuer.clock_skew",
        summary: "An issuer's clock goes wrong: the times in its tokens (iat, nbf, exp) are shifted. Ahead, tokens are "
            + "not valid yet; behind, they expire early.",
        targets: [.issuer],
        parameters: [
            ParameterSchema("by", .duration, required: true, "By how much."),
            ParameterSchema("direction", .choice(["ahead", "behind"]), default: "ahead", "To which side."),
        ],
        requirements: FaultSchema.ownIssuer,
        verifiedBy: "Brink asks for a token itself and finds its times shifted",
        undoneBy: "setting the clock right; it lies in the issuer's memory and ends with it")

    /// Seconds by which a token's time may be off on a slow machine.
    private static let tolerance = 2.0

    let applied: AppliedIssuerSetting
    private let skew: Double

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        let by = specification.parameters.duration("by") ?? .zero
        guard by >= .seconds(1), by <= .seconds(86_400 * 30) else {
            throw FaultError("issuer.clock_skew: by must be from 1s to 720h, not \(by.short)")
        }
        let isBehind = specification.parameters.text("direction") == "behind"
        skew = isBehind ? -by.inSeconds : by.inSeconds
        applied = AppliedIssuerSetting(
            issuer: try target.requireIssuer(for: specification.name), subject: "the clock",
            value: "\(by.short) \(isBehind ? "behind" : "ahead")", change: IssuerChange(clockSkew: skew),
            restoration: IssuerChange(clockSkew: 0))
    }

    public func observe() async throws -> Observation {
        var figures = try await applied.observe()
        guard figures["inForce"] == 1 else { return figures }
        let token = try await applied.issuer.token(TokenRequest(sub: "brink-look", ttl: 1)).accessToken
        if let times = TokenTimes(of: token) { figures["skew"] = times.issued - Date().timeIntervalSince1970 }
        return figures
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        guard let found = now["skew"] else { return .notYet("no token was seen yet") }
        guard abs(found - skew) <= min(Self.tolerance, abs(skew) / 2) else {
            return .notYet("a token's time is off by \(Int(found.rounded())) s")
        }
        // One of them is Brink's own.
        let others = max(0, now.growth(of: "tokens", since: before))
        return .seen("a token was issued \(Int(found.rounded())) s from now; \(others) tokens issued since")
    }
}
