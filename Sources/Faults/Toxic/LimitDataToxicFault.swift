import Engine
import Scenarios
import ToxicProxy

/// Closes a link's connections after so many bytes.
public struct LimitDataToxicFault: ToxicFault {
    public static let schema = FaultSchema(
        name: "toxic.limit_data", summary: "Closes a connection of the link once it has carried so many bytes.",
        targets: [.link],
        parameters: [
            ParameterSchema("bytes", .bytes, required: true, "Bytes that are passed on before.")
        ] + ParameterSchema.everyToxic,
        requirements: [], verifiedBy: "connections closed",
        undoneBy: "removing the toxic")

    static let type = "limit_data"

    let applied: AppliedToxic

    init(applied: AppliedToxic) {
        self.applied = applied
    }

    static func attributes(_ parameters: Parameters) -> [String: AttributeValue] {
        ["bytes": .number(Double(parameters.bytes("bytes") ?? 0))]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let closed = now.growth(of: "closed", since: before)
        return closed > 0 ? .seen("\(closed) connections closed") : .notYet("no connection carried so much")
    }
}
