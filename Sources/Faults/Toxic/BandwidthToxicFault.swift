import Engine
import Scenarios
import ToxicProxy

/// Lets bytes over a link at a rate.
public struct BandwidthToxicFault: ToxicFault {
    public static let schema = FaultSchema(
        name: "toxic.bandwidth", summary: "Limits the bytes per second of each connection on the link, or of all.",
        targets: [.link],
        parameters: [
            ParameterSchema("rate", .bytes, required: true, "Bytes per second; 0B holds everything back without loss."),
            ParameterSchema("shared", .flag, default: "false", "All connections of the link share the rate."),
        ] + ParameterSchema.everyToxic,
        requirements: [], verifiedBy: "pieces held back, or bytes in wait while the rate is 0",
        undoneBy: "removing the toxic; what waits goes on at once")

    static let type = "bandwidth"

    let applied: AppliedToxic

    init(applied: AppliedToxic) {
        self.applied = applied
    }

    static func attributes(_ parameters: Parameters) -> [String: AttributeValue] {
        [
            "rate": .number(Double(parameters.bytes("rate") ?? 0) / 1000),
            "shared": .flag(parameters.flag("shared") ?? false),
        ]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let pieces = now.growth(of: "delayed", since: before)
        if pieces > 0 { return .seen("\(pieces) pieces held back") }
        let bytes = now.growth(of: "held", since: before)
        if bytes > 0 { return .seen("\(bytes) bytes came in and wait") }
        return .notYet("nothing had to be held back: the link carries less than the rate")
    }
}
