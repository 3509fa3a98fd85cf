import Engine
import Scenarios

/// Delays questions for chosen names.
public struct NameDelayFault: NameFault {
    public static let schema = nameSchema(
        "dns.delay", "Delays the target's questions for named hosts; all others are answered as before.",
        [ParameterSchema("delay", .duration, required: true, "How long each question waits.")],
        verifiedBy: "questions for those names that came and were held back")

    let resolver: AppliedResolver

    init(resolver: AppliedResolver) {
        self.resolver = resolver
    }

    static func treatment(_ parameters: Parameters) throws(FaultError) -> ResolverStandIn.Treatment {
        .delay(parameters.duration("delay") ?? .zero)
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let met = now.growth(of: "met", since: before)
        guard met > 0 else {
            return .notYet("nobody asked for those names; \(now.growth(of: "passed", since: before)) others passed")
        }
        return .seen("\(met) questions held back")
    }
}
