import Engine
import Scenarios
import ToxicProxy

/// Sends parts of a link's streams twice.
public struct DuplicateToxicFault: ToxicFault {
    public static let schema = FaultSchema(
        name: "toxic.duplicate", summary: "Sends a stretch of the stream twice, which TCP itself never does.",
        targets: [.link],
        parameters: ParameterSchema.stretch + ParameterSchema.everyToxic,
        requirements: [], verifiedBy: "bytes sent twice",
        undoneBy: "removing the toxic; what was sent twice stays so")

    static let type = "duplicate"

    let applied: AppliedToxic

    init(applied: AppliedToxic) {
        self.applied = applied
    }

    static func attributes(_ parameters: Parameters) -> [String: AttributeValue] {
        parameters.stretch
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let bytes = now.growth(of: "duplicated", since: before)
        return bytes > 0 ? .seen("\(bytes) bytes sent twice") : .notYet("nothing was picked so far")
    }
}
