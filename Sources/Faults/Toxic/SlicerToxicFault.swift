import Engine
import Scenarios
import ToxicProxy

/// Cuts what goes over a link into small segments.
public struct SlicerToxicFault: ToxicFault {
    public static let schema = FaultSchema(
        name: "toxic.slicer",
        summary: "Cuts what is sent over the link into small segments, with a pause between them.",
        targets: [.link],
        parameters: [
            ParameterSchema("size", .bytes, required: true, "Mean size of a segment."),
            ParameterSchema("variation", .bytes, default: "0B", "More or less, smaller than the size."),
            ParameterSchema("delay", .duration, default: "0s", "Time between segments, from 1us."),
        ] + ParameterSchema.everyToxic,
        requirements: [], verifiedBy: "segments cut",
        undoneBy: "removing the toxic; what waits goes on at once")

    static let type = "slicer"

    let applied: AppliedToxic

    init(applied: AppliedToxic) {
        self.applied = applied
    }

    static func attributes(_ parameters: Parameters) -> [String: AttributeValue] {
        [
            "average_size": .number(Double(parameters.bytes("size") ?? 0)),
            "size_variation": .number(Double(parameters.bytes("variation") ?? 0)),
            "delay": .number(((parameters.duration("delay") ?? .zero) / .microseconds(1)).rounded()),
        ]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let slices = now.growth(of: "slices", since: before)
        return slices > 0 ? .seen("\(slices) segments cut") : .notYet("nothing was sent over the link")
    }
}
