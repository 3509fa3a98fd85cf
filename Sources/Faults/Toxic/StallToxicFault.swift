import Engine
import Scenarios
import ToxicProxy

/// Holds back a link's streams from some byte on.
public struct StallToxicFault: ToxicFault {
    public static let schema = FaultSchema(
        name: "toxic.stall", summary: "Holds everything on the link back from some byte on, without loss.",
        targets: [.link],
        parameters: [
            ParameterSchema("offset", .bytes, default: "0B", "Bytes that pass before."),
            ParameterSchema("duration", .duration, default: "0s", "How long; 0s until the toxic is removed."),
        ] + ParameterSchema.everyToxic,
        requirements: [], verifiedBy: "bytes that came in and wait, or waited",
        undoneBy: "removing the toxic; what waits goes on at once")

    static let type = "stall"

    let applied: AppliedToxic

    init(applied: AppliedToxic) {
        self.applied = applied
    }

    static func attributes(_ parameters: Parameters) -> [String: AttributeValue] {
        [
            "offset": .number(Double(parameters.bytes("offset") ?? 0)),
            "duration": .milliseconds(parameters.duration("duration")),
        ]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let pieces = now.growth(of: "held", since: before) + now.growth(of: "delayed", since: before)
        return pieces > 0 ? .seen("what was sent waits") : .notYet("nothing was sent past that byte")
    }
}
