import Engine
import Scenarios
import ToxicProxy

/// Keeps a link's connections open after their sender ended them.
public struct SlowCloseToxicFault: ToxicFault {
    public static let schema = FaultSchema(
        name: "toxic.slow_close",
        summary: "Keeps connections of the link open for a time after their sender ended them.",
        targets: [.link],
        parameters: [
            ParameterSchema("delay", .duration, required: true, "Time from the sender's end until it is passed on.")
        ] + ParameterSchema.everyToxic,
        requirements: [], verifiedBy: "ends of streams held back",
        undoneBy: "removing the toxic; ends that are held back are passed on")

    static let type = "slow_close"

    let applied: AppliedToxic

    init(applied: AppliedToxic) {
        self.applied = applied
    }

    static func attributes(_ parameters: Parameters) -> [String: AttributeValue] {
        ["delay": .milliseconds(parameters.duration("delay"))]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let ends = now.growth(of: "ends", since: before)
        return ends > 0 ? .seen("\(ends) ends held back") : .notYet("no connection was ended by its sender")
    }
}
