import PostgresWire

/// A toxic on a proxy: what it does, on which direction, to which connections.
public struct ToxicSpecification: Sendable {
    public let name: String
    public let type: String
    public let direction: StreamDirection
    /// Share of connections it applies to, 0…1.
    public let toxicity: Double
    /// Only clients from these addresses meet it; none means all. Clients on a unix socket have no address.
    public let clients: [AddressRange]
    public let attributes: ToxicAttributes
    private let kind: any ToxicKind
    let wireRule: WireRule?

    /// - Throws: for a type there is not, a value out of its range, a toxicity outside 0…1.
    public init(
        name: String? = nil, type: String, direction: StreamDirection = .downstream, toxicity: Double = 1,
        clients: [AddressRange] = [], attributes: [String: AttributeValue] = [:]
    ) throws(ProxyFailure) {
        guard let found = ToxicCatalogue.kind(type) else { throw ProxyFailure("invalid toxic type") }
        try self.init(
            name: name ?? "\(type)_\(direction.rawValue)", found, direction, toxicity, clients,
            ToxicAttributes(of: found, given: attributes))
    }

    private init(
        name: String, _ found: any ToxicKind.Type, _ direction: StreamDirection, _ toxicity: Double,
        _ clients: [AddressRange], _ attributes: ToxicAttributes
    ) throws(ProxyFailure) {
        guard (0...1).contains(toxicity) else {
            throw ProxyFailure("toxicity must be from 0 to 1, not \(toxicity)")
        }
        kind = try found.init(attributes)
        wireRule = try kind.wireRule(named: name)
        self.name = name
        self.type = found.type
        self.direction = direction
        self.toxicity = toxicity
        self.clients = clients
        self.attributes = attributes
    }

    /// Whether it needs a proxy that follows PostgreSQL's protocol.
    public var needsProtocol: Bool { wireRule != nil }

    func make(_ context: ToxicContext) -> any Toxic { kind.make(context) }

    /// The same toxic with other values.
    public func changed(
        toxicity: Double? = nil, attributes given: [String: AttributeValue]
    ) throws(ProxyFailure) -> ToxicSpecification {
        let found = Swift.type(of: kind)
        return try ToxicSpecification(
            name: name, found, direction, toxicity ?? self.toxicity, clients,
            ToxicAttributes(of: found, over: attributes, given: given))
    }
}

/// A toxic in force on a proxy.
struct ActiveToxic: Sendable {
    let specification: ToxicSpecification
    /// Of this toxic alone, and the same after a change.
    let number: Int
    /// Counts its changes.
    let revision: Int
    let start: Moment
    let shared: SharedPace
}
