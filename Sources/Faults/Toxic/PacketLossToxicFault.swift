import Engine
import Scenarios
import ToxicProxy

/// Throws away pieces of a link's streams.
public struct PacketLossToxicFault: ToxicFault {
    public static let schema = FaultSchema(
        name: "toxic.packet_loss",
        summary:
            "Throws away pieces of the stream, as toxiproxy's toxic of that name: holes, which TCP itself never leaves.",
        targets: [.link],
        parameters: [
            ParameterSchema("rate", .fraction(0...1), default: "10%", "Probability that a piece is thrown away."),
            ParameterSchema("correlation", .fraction(0...1), default: "0%", "Added to it after one that was."),
        ] + ParameterSchema.everyToxic,
        requirements: [], verifiedBy: "bytes thrown away",
        undoneBy: "removing the toxic; the holes stay")

    static let type = "packet_loss"

    let applied: AppliedToxic

    init(applied: AppliedToxic) {
        self.applied = applied
    }

    static func attributes(_ parameters: Parameters) -> [String: AttributeValue] {
        [
            "loss_rate": .number(parameters.fraction("rate") ?? 0.1),
            "correlation": .number(parameters.fraction("correlation") ?? 0),
        ]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let bytes = now.growth(of: "dropped", since: before)
        return bytes > 0 ? .seen("\(bytes) bytes thrown away") : .notYet("no piece was picked so far")
    }
}
