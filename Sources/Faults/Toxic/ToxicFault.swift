import Engine
import Journal
import Scenarios
import ToxicProxy

/// A fault that is a toxic on a proxied link: what all of them have in common.
protocol ToxicFault: FaultKind {
    /// Its type in `ToxicCatalogue`.
    static var type: String { get }

    /// The toxic's attributes, from the fault's parameters.
    static func attributes(_ parameters: Parameters) -> [String: AttributeValue]

    var applied: AppliedToxic { get }

    init(applied: AppliedToxic)
}

extension ToxicFault {
    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        self.init(
            applied: try AppliedToxic(
                Self.type, specification, Self.attributes(specification.parameters),
                on: target.requireLink(for: specification.name)))
    }

    public func plan() async throws -> [Change] { [await applied.change] }

    public func observe() async throws -> Observation { applied.link.observation(of: applied.toxic.name) }
}

/// A toxic and the link it is for. It lives in this process, and so needs no journal.
struct AppliedToxic: Sendable {
    let link: TCPProxy
    let toxic: ToxicSpecification
    private let words: String

    init(
        _ type: String, _ specification: FaultSpecification, _ attributes: [String: AttributeValue], on link: TCPProxy
    ) throws(FaultError) {
        self.link = link
        let parameters = specification.parameters
        var clients: [AddressRange] = []
        if let text = parameters.text("clients") {
            guard let range = AddressRange(text) else {
                throw FaultError("clients: \"\(text)\" is no address or range; write 192.0.2.7 or 10.0.0.0/8")
            }
            clients = [range]
        }
        do throws(ProxyFailure) {
            toxic = try ToxicSpecification(
                name: specification.id, type: type,
                direction: parameters.text("stream").flatMap(StreamDirection.init(rawValue:)) ?? .downstream,
                toxicity: parameters.fraction("toxicity") ?? 1, clients: clients, attributes: attributes)
        } catch {
            throw FaultError("\(specification.name): \(error)")
        }
        let own = attributes.keys.sorted().compactMap { name in attributes[name].map { "\(name) \($0.text)" } }
        words = ([type] + own).joined(separator: ", ")
    }

    var change: Change {
        get async {
            Change(
                subject: "toxic \(toxic.name) on \(await link.listen) → \(await link.upstream)", prior: "none",
                value: words,
                undo: .inProcess { [link, toxic] in
                    await link.remove(toxic: toxic.name)
                    return .restored
                }
            ) { [link, toxic] in
                await link.add(toxic)
            }
        }
    }
}

extension AttributeValue {
    fileprivate var text: String {
        switch self {
        case .number(let number): number == number.rounded() ? "\(Int64(number))" : "\(number)"
        case .flag(let flag): "\(flag)"
        case .text(let text): text
        case .ramp(let ramp): "\(ramp.from) to \(ramp.to) in \(ramp.over) ms"
        }
    }

    /// Milliseconds, as toxics count them.
    static func milliseconds(_ duration: Duration?) -> AttributeValue {
        .number((duration ?? .zero) / .milliseconds(1))
    }
}

extension ParameterSchema {
    /// Which direction of the link, as toxiproxy calls it.
    static let toxicStream = ParameterSchema(
        "stream", .choice(StreamDirection.allCases.map(\.rawValue)), default: "downstream",
        "downstream is from the server to the client.")

    /// To how many connections it applies.
    static let toxicity = ParameterSchema(
        "toxicity", .fraction(0...1), default: "100%", "Share of connections it applies to, chosen by the seed.")

    /// To whose connections it applies.
    static let toxicClients = ParameterSchema(
        "clients", .text, "Address or range of the clients that meet it, e.g. 10.0.0.0/8; all when left out.")

    /// Where a stretch of the stream is.
    static let stretch: [ParameterSchema] = [
        ParameterSchema("rate", .fraction(0...1), default: "0%", "Probability for each piece that is read."),
        ParameterSchema(
            "offset", .bytes, "Where a stretch of the stream starts, counted from when the toxic met it."),
        ParameterSchema("length", .bytes, default: "1B", "Bytes of that stretch."),
    ]

    static let everyToxic: [ParameterSchema] = [.toxicStream, .toxicity, .toxicClients]
}

extension Parameters {
    /// Attributes for the parameters of `ParameterSchema.stretch`.
    var stretch: [String: AttributeValue] {
        var attributes: [String: AttributeValue] = ["rate": .number(fraction("rate") ?? 0)]
        if let offset = bytes("offset") {
            attributes["offset"] = .number(Double(offset))
            attributes["length"] = .number(Double(bytes("length") ?? 1))
        }
        return attributes
    }
}

extension TCPProxy {
    /// What one toxic did, and what going down did to the link's connections.
    nonisolated func observation(of toxic: String) -> Observation {
        let reading = counters.reading
        let own = reading.toxics[toxic] ?? ProxyCounters.Toxic()
        return [
            "delayed": Double(own.delayedPieces), "delay": Double(own.delayNanoseconds), "held": Double(own.heldBytes),
            "dropped": Double(own.droppedBytes), "closed": Double(own.closed), "reset": Double(own.reset),
            "corrupted": Double(own.corruptedBytes), "duplicated": Double(own.duplicatedBytes),
            "messages": Double(own.messages), "slices": Double(own.slices), "ends": Double(own.heldEnds),
            "vanished": Double(own.vanished),
            "cut": Double(reading.cut),
        ]
    }
}

extension Observation {
    /// How much a figure has grown.
    func growth(of name: String, since before: Observation) -> Int { Int((self[name] ?? 0) - (before[name] ?? 0)) }
}
