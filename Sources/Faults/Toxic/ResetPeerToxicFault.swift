import Engine
import Scenarios
import ToxicProxy

/// Ends the connections of a link with RST.
public struct ResetPeerToxicFault: ToxicFault {
    public static let schema = FaultSchema(
        name: "toxic.reset_peer", summary: "Ends connections of the link with RST, those that are open already too.",
        targets: [.link],
        parameters: [ParameterSchema("timeout", .duration, default: "0s", "Time until a connection is reset.")]
            + ParameterSchema.everyToxic,
        requirements: [], verifiedBy: "connections reset",
        undoneBy: "removing the toxic")

    static let type = "reset_peer"

    let applied: AppliedToxic

    init(applied: AppliedToxic) {
        self.applied = applied
    }

    static func attributes(_ parameters: Parameters) -> [String: AttributeValue] {
        ["timeout": .milliseconds(parameters.duration("timeout"))]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let reset = now.growth(of: "reset", since: before)
        return reset > 0 ? .seen("\(reset) connections reset") : .notYet("no connection was there to reset")
    }
}
