import Engine
import Scenarios
import ToxicProxy

/// Flips bits of what goes over a link.
public struct CorruptToxicFault: ToxicFault {
    public static let schema = FaultSchema(
        name: "toxic.corrupt", summary: "Flips bits of what is sent over the link, which TCP's checksum does not see.",
        targets: [.link],
        parameters: [
            ParameterSchema(
                "rate", .fraction(0...1), default: "0%", "Probability for each byte that one bit is flipped."),
            ParameterSchema(
                "offset", .bytes, "Flips a bit of this byte of the stream, counted from when the toxic met it."),
        ] + ParameterSchema.everyToxic,
        requirements: [], verifiedBy: "bytes corrupted",
        undoneBy: "removing the toxic; what was corrupted stays so")

    static let type = "corrupt"

    let applied: AppliedToxic

    init(applied: AppliedToxic) {
        self.applied = applied
    }

    static func attributes(_ parameters: Parameters) -> [String: AttributeValue] {
        [
            "rate": .number(parameters.fraction("rate") ?? 0),
            "offset": .number(parameters.bytes("offset").map(Double.init) ?? -1),
        ]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let bytes = now.growth(of: "corrupted", since: before)
        return bytes > 0 ? .seen("\(bytes) bytes corrupted") : .notYet("no byte was picked so far")
    }
}
