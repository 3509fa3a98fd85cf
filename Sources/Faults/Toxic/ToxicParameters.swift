import Scenarios
import ToxicProxy

extension ParameterSchema {
    /// Which direction of the link, as toxiproxy calls it.
    static let toxicStream = ParameterSchema(
        "stream", .choice(StreamDirection.allCases.map(\.rawValue)), default: "downstream",
        "downstream is from the server to the client.")

    /// To how many connections it applies.
    static let toxicity = ParameterSchema(
        "toxicity", .fraction(0...1), default: "100%", "Share of connections it applies to, chosen by the seed.")
}

extension ToxicSpecification {
    /// With the parameters that all toxics have.
    init(_ specification: FaultSpecification, make: @escaping @Sendable (UInt64) -> any Toxic) {
        let parameters = specification.parameters
        self.init(
            name: specification.id,
            direction: parameters.text("stream").flatMap(StreamDirection.init(rawValue:)) ?? .downstream,
            toxicity: parameters.fraction("toxicity") ?? 1, make: make)
    }
}
