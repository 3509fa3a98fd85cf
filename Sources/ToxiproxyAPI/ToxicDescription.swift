import ToxicProxy

/// A toxic as clients are shown it.
struct ToxicDescription: Encodable {
    let attributes: [String: AttributeValue]
    let name: String
    let type: String
    let stream: String
    let toxicity: Double
    let clients: [AddressRange]?

    init(_ toxic: ToxicSpecification) {
        // A client of toxiproxy may take every attribute it does not know for a mistake.
        let known = ToxicCatalogue.kind(toxic.type)?.attributes ?? []
        let defaults = known.filter(\.isExtension).map { ($0.name, $0.initial) }
        let hidden = Dictionary(defaults) { first, _ in first }
        attributes = toxic.attributes.values.filter { hidden[$0.key] != $0.value }
        name = toxic.name
        type = toxic.type
        stream = toxic.direction.rawValue
        toxicity = toxic.toxicity
        clients = toxic.clients.isEmpty ? nil : toxic.clients
    }
}
