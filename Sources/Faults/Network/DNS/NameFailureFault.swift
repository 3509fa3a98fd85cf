import Engine
import Scenarios

/// Answers questions for chosen names with a failure, or not at all.
public struct NameFailureFault: NameFault {
    private static let answers: [String: ResolverStandIn.Treatment] = [
        "servfail": .fail(.serverFailure), "nxdomain": .fail(.noSuchName), "refused": .fail(.refused),
        "timeout": .swallow,
    ]

    public static let schema = nameSchema(
        "dns.fail", "Fails the target's questions for named hosts; all others are answered as before.",
        [
            ParameterSchema(
                "answer", .choice(["servfail", "nxdomain", "refused", "timeout"]), default: "servfail",
                "timeout is no answer at all.")
        ], verifiedBy: "questions for those names that came and were failed")

    let resolver: AppliedResolver

    init(resolver: AppliedResolver) {
        self.resolver = resolver
    }

    static func treatment(_ parameters: Parameters) throws(FaultError) -> ResolverStandIn.Treatment {
        parameters.text("answer").flatMap { answers[$0] } ?? .fail(.serverFailure)
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let met = now.growth(of: "met", since: before)
        let passed = now.growth(of: "passed", since: before)
        guard met > 0 else { return .notYet("nobody asked for those names; \(passed) other questions passed") }
        return .seen("\(met) questions failed, \(passed) others passed")
    }
}
