import ToxicProxy

/// A proxy as a client writes it, in a request, in a configuration file or in kept state.
struct ProxyRequest: Decodable {
    var name: String?
    var listen: String?
    var upstream: String?
    var enabled: Bool?
    /// Honoured everywhere; toxiproxy itself takes toxics only one by one.
    var toxics: [ToxicRequest]?
    /// Milliseconds that a dial of the upstream may take; Brink's own.
    var dialTimeout: Int64?
    /// Does not listen while the upstream refuses; Brink's own.
    var refuseWhileDown: Bool?
    /// `postgres` to follow that protocol; Brink's own.
    var `protocol`: String?
    /// TLS with clients and with the server; replaces what was there as a whole. Brink's own.
    var tls: TLSObject?

    private enum CodingKeys: String, CodingKey {
        case name, listen, upstream, enabled, toxics, `protocol`, tls
        case dialTimeout = "dial_timeout"
        case refuseWhileDown = "refuse_while_down"
    }

    /// - Throws: when the timeout is not from a millisecond to an hour.
    func settings(over former: TCPProxy.Settings = TCPProxy.Settings()) throws(APIError) -> TCPProxy.Settings {
        var settings = former
        if let dialTimeout {
            guard (1...3_600_000).contains(dialTimeout) else {
                throw .badBody("dial_timeout must be from 1 to 3600000 milliseconds, not \(dialTimeout)")
            }
            settings.dialTimeout = .milliseconds(dialTimeout)
        }
        if let name = self.protocol {
            guard ["", "postgres"].contains(name) else { throw .badBody("protocol must be postgres, not \(name)") }
            settings.followsPostgres = name == "postgres"
        }
        tls?.apply(to: &settings)
        settings.refusesWhileDown = refuseWhileDown ?? former.refusesWhileDown
        return settings
    }

    /// All its toxics, checked.
    func specifications() throws(APIError) -> [ToxicSpecification]? {
        guard let toxics else { return nil }
        var specifications: [ToxicSpecification] = []
        for toxic in toxics {
            let specification = try toxic.specification()
            guard !specifications.contains(where: { $0.name == specification.name }) else { throw .toxicExists }
            specifications.append(specification)
        }
        return specifications
    }
}
