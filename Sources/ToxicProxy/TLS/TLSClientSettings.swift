/// How the proxy begins TLS with the server. Files are PEM, and are read whenever the proxy starts.
public struct TLSClientSettings: Hashable, Sendable {
    /// The CAs of which one must have signed the server's certificate; the system's where nil.
    public var ca: String?
    /// The name or IP address that the certificate must be for, also sent as SNI if a name (RFC 6066, 3); the host of
    /// the proxy's upstream where nil.
    public var serverName: String?
    /// Whether a server whose certificate is not trusted, not valid now or for another name is refused.
    public var verifies: Bool
    /// A certificate that the server may ask for, with those between it and its CA, and its private key.
    public var certificate: String?
    public var key: String?

    public init(
        ca: String? = nil, serverName: String? = nil, verifies: Bool = true, certificate: String? = nil,
        key: String? = nil
    ) {
        self.ca = ca
        self.serverName = serverName
        self.verifies = verifies
        self.certificate = certificate
        self.key = key
    }
}
