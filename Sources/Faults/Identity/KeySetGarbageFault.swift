import Engine
import IssuerClient
import IssuerControl
import Scenarios

/// Has an issuer answer with something else than its key set.
public struct KeySetGarbageFault: KeySetFault {
    public static let schema = FaultSchema(
        name: "jwks.garbage",
        summary:
            "An issuer answers requests for its key set with 200 and no usable set: bytes that are no JSON, half of "
            + "it and a broken connection, a page for people, a set without keys, or one of more than two megabytes.",
        targets: [.issuer],
        parameters: [
            ParameterSchema(
                "kind", .choice(["garbage", "truncated", "html", "empty", "huge"]), default: "garbage",
                "What is answered.")
        ],
        requirements: FaultSchema.ownIssuer,
        verifiedBy: "Brink asks for the key set itself and gets just that",
        undoneBy: "switching it back; it lies in the issuer's memory and ends with it")

    let applied: AppliedIssuerSetting
    private let mode: KeySetAnswer.Mode

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        mode = specification.parameters.text("kind").flatMap(KeySetAnswer.Mode.init(rawValue:)) ?? .garbage
        applied = Self.setting(.init(mode), of: try target.requireIssuer(for: specification.name), mode.rawValue)
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        guard now["inForce"] == 1, let status = now["status"], let keys = now["keys"], let bytes = now["bytes"] else {
            return .notYet("not asked yet")
        }
        let evidence: String?
        switch mode {
        case .garbage: evidence = status == 200 && keys < 0 && now["isPage"] == 0 ? "no JSON" : nil
        case .truncated: evidence = now["broken"] == 1 ? "a connection that broke" : nil
        case .html: evidence = status == 200 && now["isPage"] == 1 ? "a page" : nil
        case .empty: evidence = keys == 0 ? "a set without keys" : nil
        case .huge: evidence = bytes > Double(KeySetLook.most) ? "\(Int(bytes)) bytes" : nil
        case .ok, .down, .slow, .rateLimited: evidence = nil
        }
        guard let evidence else { return .notYet("the key set answers \(Int(status)) with \(Int(keys)) keys") }
        return .seen("asked for the key set and got \(evidence); \(now.keySetRequests(since: before))")
    }
}
