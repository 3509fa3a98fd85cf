import Engine
import Scenarios
import ToxicProxy

/// Has one end of a link's connections vanish.
public struct HalfOpenToxicFault: ToxicFault {
    public static let schema = FaultSchema(
        name: "toxic.half_open",
        summary: "Has the sender vanish without FIN or RST, as a host that loses power does; the receiver waits.",
        targets: [.link],
        parameters: ParameterSchema.everyToxic,
        requirements: [], verifiedBy: "connections left with one end",
        undoneBy: "removing the toxic; then the receiver is reset, as by a host that came back")

    static let type = "half_open"

    let applied: AppliedToxic

    init(applied: AppliedToxic) {
        self.applied = applied
    }

    static func attributes(_ parameters: Parameters) -> [String: AttributeValue] {
        [:]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let vanished = now.growth(of: "vanished", since: before)
        return vanished > 0 ? .seen("\(vanished) connections have one end left") : .notYet("no connection was there")
    }
}
