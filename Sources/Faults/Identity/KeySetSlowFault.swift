import Engine
import Scenarios

/// Has an issuer take its time for its key set.
public struct KeySetSlowFault: KeySetFault {
    public static let schema = FaultSchema(
        name: "jwks.slow",
        summary: "An issuer answers requests for its key set late; it issues tokens as fast as ever.",
        targets: [.issuer],
        parameters: [ParameterSchema("delay", .duration, default: "3s", "Before each answer, at most 10s.")],
        requirements: FaultSchema.ownIssuer,
        verifiedBy: "Brink asks for the key set itself and waits so long",
        undoneBy: "switching it back; it lies in the issuer's memory and ends with it")

    let applied: AppliedIssuerSetting
    private let delay: Duration

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        delay = specification.parameters.duration("delay") ?? .seconds(3)
        guard delay > .zero, delay <= .seconds(10) else {
            throw FaultError("jwks.slow: the delay must be more than nothing and at most 10s, not \(delay.short)")
        }
        applied = Self.setting(
            .init(.slow, delay: delay.inSeconds), of: try target.requireIssuer(for: specification.name),
            "\(delay.short) late")
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        guard let seconds = now["seconds"], now["inForce"] == 1 else { return .notYet("not asked yet") }
        // Brink's own look gives up after ten seconds.
        guard seconds >= delay.inSeconds * 0.95 else {
            return .notYet("answered in \(Duration.seconds(seconds).short)")
        }
        return .seen("the key set took \(Duration.seconds(seconds).short); \(now.keySetRequests(since: before))")
    }
}
