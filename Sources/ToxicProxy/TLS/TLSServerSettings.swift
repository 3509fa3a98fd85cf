/// How the proxy ends the TLS of its clients. Files are PEM, and are read whenever the proxy starts.
public struct TLSServerSettings: Hashable, Sendable {
    /// The proxy's certificate, followed by those between it and its CA, if any.
    public var certificate: String
    /// The certificate's private key, without a passphrase.
    public var key: String
    /// Where given, clients must show a certificate that one of the CAs in this file has signed.
    public var clientCA: String?

    public init(certificate: String, key: String, clientCA: String? = nil) {
        self.certificate = certificate
        self.key = key
        self.clientCA = clientCA
    }
}
