import Engine
import IssuerClient
import IssuerControl
import Scenarios

/// Has an issuer change the key that it signs with.
public struct KeyRotationFault: IssuerFault {
    public static let schema = FaultSchema(
        name: "jwks.rotate",
        summary: "An issuer signs ES256 tokens with a new key: announced (published before it is used, the old one "
            + "stays), sudden (the old one is gone at once), or rolled back (sudden, and the old one returns). Its RS256 "
            + "key stays.",
        targets: [.issuer],
        parameters: [
            ParameterSchema(
                "how", .choice(["announced", "sudden", "rolled-back"]), required: true, "How the key is changed."),
            ParameterSchema(
                "after", .duration, default: "2s",
                "From publishing to use when announced, from the rotation to its end when rolled back."),
        ],
        requirements: FaultSchema.ownIssuer,
        verifiedBy:
            "Brink asks for the key set itself: the new key is in it, the old one is there or gone as it should "
            + "be, and the new one signs",
        undoneBy: "giving the original key back as the only one, at once; keys lie in the issuer's memory")

    let applied: AppliedIssuerSetting
    private let manner: KeyRotation.Manner

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        manner = specification.parameters.text("how").flatMap(KeyRotation.Manner.init(rawValue:)) ?? .sudden
        let after = specification.parameters.duration("after") ?? .seconds(2)
        applied = AppliedIssuerSetting(
            issuer: try target.requireIssuer(for: specification.name), subject: "the signing key",
            value: "rotated, \(manner.rawValue)",
            change: IssuerChange(rotation: KeyRotation(manner, after: after.inSeconds)),
            restoration: IssuerChange(rotation: KeyRotation.none))
    }

    /// Keys have no names in figures: a number stands for each.
    public func observe() async throws -> Observation {
        var figures = try await applied.observe()
        let reading = try await applied.issuer.reading()
        figures["signing"] = Self.number(of: reading.signingKey)
        let look = await applied.issuer.lookAtKeySet()
        for key in look.keys ?? [] { figures["published.\(Self.number(of: key))"] = 1 }
        return figures
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        guard let old = before["signing"], let new = now["signing"], now["inForce"] == 1 else {
            return .notYet("the issuer was not asked yet")
        }
        guard new != old else { return .notYet("the old key still signs") }
        guard now["published.\(new)"] == 1 else { return .notYet("the new key is not in the key set") }
        let oldIsThere = now["published.\(old)"] == 1
        guard oldIsThere == (manner == .announced) else {
            return .notYet(oldIsThere ? "the old key is still in the key set" : "the old key is not in the key set")
        }
        return .seen(
            "a new key signs and is published, the old one is \(oldIsThere ? "still there" : "gone"); "
                + now.keySetRequests(since: before))
    }

    /// As exact as a double can hold.
    private static func number(of key: String) -> Double {
        Double(key.utf8.reduce(UInt64(5381)) { ($0 &* 33 &+ UInt64($1)) & 0xFFFF_FFFF_FFFF })
    }
}
