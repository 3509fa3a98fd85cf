import ToxicProxy

/// TLS of a proxy as clients write it and are shown it; Brink's own. Files are on the server's machine, and only their
/// paths are shown and kept. A misspelt field is refused, unlike elsewhere: it could switch off what protects.
struct TLSObject: Codable {
    /// With clients.
    struct Terminate: Codable {
        let certificate: String
        let key: String
        let clientCA: String?

        enum CodingKeys: String, CodingKey, CaseIterable {
            case certificate, key
            case clientCA = "client_ca"
        }
    }

    /// With the server.
    struct Originate: Codable {
        let ca: String?
        let serverName: String?
        /// True where left out.
        let verify: Bool?
        let certificate: String?
        let key: String?

        enum CodingKeys: String, CodingKey, CaseIterable {
            case ca, verify, certificate, key
            case serverName = "server_name"
        }
    }

    let terminate: Terminate?
    let originate: Originate?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case terminate, originate
    }

    /// Nil when there is no TLS on either side.
    init?(_ settings: TCPProxy.Settings) {
        guard settings.terminate != nil || settings.originate != nil else { return nil }
        terminate = settings.terminate.map {
            Terminate(certificate: $0.certificate, key: $0.key, clientCA: $0.clientCA)
        }
        originate = settings.originate.map {
            Originate(
                ca: $0.ca, serverName: $0.serverName, verify: $0.verifies, certificate: $0.certificate, key: $0.key)
        }
    }

    /// All of it, so that an empty object takes TLS away.
    func apply(to settings: inout TCPProxy.Settings) {
        settings.terminate = terminate.map {
            TLSServerSettings(certificate: $0.certificate, key: $0.key, clientCA: $0.clientCA)
        }
        settings.originate = originate.map {
            TLSClientSettings(
                ca: $0.ca, serverName: $0.serverName, verifies: $0.verify ?? true, certificate: $0.certificate,
                key: $0.key)
        }
    }
}

extension TLSObject {
    init(from decoder: any Decoder) throws {
        let container = try KnownFields.container(of: decoder, CodingKeys.self)
        terminate = try container.decodeIfPresent(Terminate.self, forKey: .terminate)
        originate = try container.decodeIfPresent(Originate.self, forKey: .originate)
    }
}

extension TLSObject.Terminate {
    init(from decoder: any Decoder) throws {
        let container = try KnownFields.container(of: decoder, CodingKeys.self)
        certificate = try container.decode(String.self, forKey: .certificate)
        key = try container.decode(String.self, forKey: .key)
        clientCA = try container.decodeIfPresent(String.self, forKey: .clientCA)
    }
}

extension TLSObject.Originate {
    init(from decoder: any Decoder) throws {
        let container = try KnownFields.container(of: decoder, CodingKeys.self)
        ca = try container.decodeIfPresent(String.self, forKey: .ca)
        serverName = try container.decodeIfPresent(String.self, forKey: .serverName)
        verify = try container.decodeIfPresent(Bool.self, forKey: .verify)
        certificate = try container.decodeIfPresent(String.self, forKey: .certificate)
        key = try container.decodeIfPresent(String.self, forKey: .key)
    }
}
