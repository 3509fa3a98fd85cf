import ArgumentParser

/// TLS of a proxy that is created. The files are PEM, and the server reads them.
struct ProxyTLSOptions: ParsableArguments {
    @Option(help: "Clients speak TLS: the proxy's certificate, with those between it and its CA.")
    var tlsCertificate: String?
    @Option(help: "Its private key, without a passphrase.") var tlsKey: String?
    @Option(help: "CAs of which one must have signed a client's certificate.") var tlsClientCa: String?
    @Flag(help: "Speak TLS to the upstream, too.") var upstreamTls = false
    @Option(help: "CAs of which one must have signed the upstream's certificate; the system's when left out.")
    var upstreamCa: String?
    @Option(help: "What the upstream's certificate must be for; the host of -u when left out.")
    var upstreamName: String?
    @Flag(help: "Take any certificate of the upstream's.") var upstreamUnverified = false
    @Option(help: "A certificate to show to the upstream.") var upstreamCertificate: String?
    @Option(help: "Its private key.") var upstreamKey: String?

    func validate() throws {
        guard (tlsCertificate == nil) == (tlsKey == nil) else {
            throw ValidationError("--tls-certificate and --tls-key go together")
        }
        guard tlsClientCa == nil || tlsCertificate != nil else {
            throw ValidationError("--tls-client-ca needs --tls-certificate and --tls-key")
        }
        guard (upstreamCertificate == nil) == (upstreamKey == nil) else {
            throw ValidationError("--upstream-certificate and --upstream-key go together")
        }
        let details = [upstreamCa, upstreamName, upstreamCertificate]
        guard upstreamTls || (!upstreamUnverified && details.allSatisfy { $0 == nil }) else {
            throw ValidationError("the other options of the upstream's TLS need --upstream-tls")
        }
    }

    /// As the server takes it; nil when there is no TLS.
    var object: [String: any Sendable]? {
        var object: [String: any Sendable] = [:]
        if let tlsCertificate, let tlsKey {
            var terminate = ["certificate": tlsCertificate, "key": tlsKey]
            terminate["client_ca"] = tlsClientCa
            object["terminate"] = terminate
        }
        if upstreamTls {
            var originate: [String: any Sendable] = ["verify": !upstreamUnverified]
            if let upstreamCa { originate["ca"] = upstreamCa }
            if let upstreamName { originate["server_name"] = upstreamName }
            if let upstreamCertificate, let upstreamKey {
                originate["certificate"] = upstreamCertificate
                originate["key"] = upstreamKey
            }
            object["originate"] = originate
        }
        return object.isEmpty ? nil : object
    }
}
