import ToxicProxy

/// A toxic as a client writes it.
struct ToxicRequest: Decodable {
    var name: String?
    var type: String?
    var stream: String?
    var toxicity: Double?
    var attributes: [String: AttributeValue]?
    /// Addresses and ranges of the clients that meet it; Brink's own.
    var clients: [AddressRange]?

    /// A new toxic with toxiproxy's defaults.
    func specification() throws(APIError) -> ToxicSpecification {
        guard let direction = StreamDirection(rawValue: stream ?? "downstream") else { throw .invalidStream }
        guard let type, ToxicCatalogue.kind(type) != nil else { throw .invalidType }
        do throws(ProxyFailure) {
            return try ToxicSpecification(
                name: name.flatMap { $0.isEmpty ? nil : $0 }, type: type, direction: direction,
                toxicity: toxicity ?? 1, clients: clients ?? [], attributes: attributes ?? [:])
        } catch {
            throw .badBody(error.description)
        }
    }

    /// Another toxic's new values.
    func changing(_ toxic: ToxicSpecification) throws(APIError) -> ToxicSpecification {
        do throws(ProxyFailure) {
            return try toxic.changed(toxicity: toxicity, attributes: attributes ?? [:])
        } catch {
            throw .badBody(error.description)
        }
    }
}
