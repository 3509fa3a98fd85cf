import Engine
import Scenarios
import ToxicProxy

/// Throws away parts of a link's streams.
public struct DropToxicFault: ToxicFault {
    public static let schema = FaultSchema(
        name: "toxic.drop", summary: "Throws away a stretch of the stream.",
        targets: [.link],
        parameters: ParameterSchema.stretch + ParameterSchema.everyToxic,
        requirements: [], verifiedBy: "bytes thrown away",
        undoneBy: "removing the toxic; the holes stay")

    static let type = "drop"

    let applied: AppliedToxic

    init(applied: AppliedToxic) {
        self.applied = applied
    }

    static func attributes(_ parameters: Parameters) -> [String: AttributeValue] {
        parameters.stretch
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let bytes = now.growth(of: "dropped", since: before)
        return bytes > 0 ? .seen("\(bytes) bytes thrown away") : .notYet("nothing was picked so far")
    }
}
