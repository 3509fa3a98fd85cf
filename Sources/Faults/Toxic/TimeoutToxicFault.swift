import Engine
import Scenarios
import ToxicProxy

/// Lets nothing over a link any more.
public struct TimeoutToxicFault: ToxicFault {
    public static let schema = FaultSchema(
        name: "toxic.timeout",
        summary:
            "Swallows what is sent over the link and closes its connections after a time; undoing closes them too.",
        targets: [.link],
        parameters: [
            ParameterSchema(
                "timeout", .duration, default: "0s", "Time until a connection is closed; 0s never closes it.")
        ] + ParameterSchema.everyToxic,
        requirements: [], verifiedBy: "bytes swallowed or connections closed",
        undoneBy: "removing the toxic; connections that lost bytes are closed")

    static let type = "timeout"

    let applied: AppliedToxic

    init(applied: AppliedToxic) {
        self.applied = applied
    }

    static func attributes(_ parameters: Parameters) -> [String: AttributeValue] {
        ["timeout": .milliseconds(parameters.duration("timeout"))]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let dropped = now.growth(of: "dropped", since: before)
        let closed = now.growth(of: "closed", since: before)
        guard dropped + closed > 0 else { return .notYet("nothing was sent over the link") }
        return .seen("\(dropped) bytes swallowed, \(closed) connections closed")
    }
}
