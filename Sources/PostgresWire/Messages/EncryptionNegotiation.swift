/// How the two ends of a PostgreSQL connection agree on TLS before anything else is said (PostgreSQL documentation,
/// Frontend/Backend Protocol, SSL Session Encryption): for who ends or begins TLS. `WireConversation` follows what is
/// said inside.
public enum EncryptionNegotiation {
    /// What a client begins with.
    public enum Opening: Hashable, Sendable {
        case sslRequest, gssencRequest, cancelRequest
        /// TLS at once (sslnegotiation=direct).
        case tls
        /// Anything else: a StartupMessage, or what is none of this protocol.
        case unencrypted
    }

    /// Bytes of SSLRequest, and those after which `opening(_:)` has an answer.
    public static let requestLength = 8

    /// What a client sends that wants TLS.
    public static let sslRequest: [UInt8] = [0, 0, 0, 8, 4, 210, 22, 47]
    /// A server's answer that TLS may begin, and that there is none.
    public static let accepted = UInt8(ascii: "S")
    public static let declined = UInt8(ascii: "N")

    /// - Parameter bytes: a client's first.
    /// - Returns: nil when it takes more of them to tell.
    public static func opening(_ bytes: ArraySlice<UInt8>) -> Opening? {
        if bytes.first == StartupPacket.tlsHandshake { return .tls }
        guard bytes.count >= requestLength else { return nil }
        return switch StartupPacket(bytes.prefix(requestLength)) {
        case .sslRequest: .sslRequest
        case .gssencRequest: .gssencRequest
        case .cancelRequest: .cancelRequest
        case .startup, .unknown: .unencrypted
        }
    }
}
