import COpenSSL
import Glibc

/// Certificates, keys and rules that all sessions on one side of a proxy share.
///
/// `@unchecked` because the compiler cannot see that a context is only read once it is made; its count of references,
/// which sessions change, is OpenSSL's own and atomic.
final class TLSContext: @unchecked Sendable {
    let pointer: OpaquePointer

    private init(_ method: OpaquePointer?) throws(ProxyFailure) {
        _ = TLSContext.initialized
        TLSErrors.clear()
        guard let pointer = SSL_CTX_new(method) else {
            throw ProxyFailure("cannot set up TLS: OpenSSL says \(TLSErrors.take() ?? "nothing"); is memory short?")
        }
        self.pointer = pointer
        guard co_set_least_tls_1_2(pointer) == 1 else {
            throw ProxyFailure(
                "cannot set up TLS: OpenSSL says \(TLSErrors.take() ?? "nothing"); it must know TLS 1.2 or later")
        }
        co_set_stream_modes(pointer)
        // Every connection shakes hands in full, as a client that never was here. A client of TLS 1.3 that closes without
        // having read its tickets would reset the connection.
        co_refuse_renegotiation_and_resumption(pointer)
        // Without this OpenSSL asks for a key's passphrase on the terminal.
        SSL_CTX_set_default_passwd_cb(pointer) { _, _, _, _ in -1 }
    }

    deinit { SSL_CTX_free(pointer) }

    /// For the sessions with clients.
    /// - Parameter speaksPostgres: takes PostgreSQL's protocol when a client offers protocols (ALPN, RFC 7301).
    /// - Throws: when a file cannot be used; says which, and why.
    static func terminating(_ settings: TLSServerSettings, speaksPostgres: Bool) throws(ProxyFailure) -> TLSContext {
        let context = try TLSContext(TLS_server_method())
        try context.use(certificate: settings.certificate, key: settings.key)
        if let ca = settings.clientCA {
            try context.trust(ca)
            guard let names = SSL_load_client_CA_file(ca) else { throw TLSContext.unusable(ca, "certificates of CAs") }
            SSL_CTX_set_client_CA_list(context.pointer, names)
            SSL_CTX_set_verify(context.pointer, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
        }
        if speaksPostgres { co_accept_postgresql(context.pointer) }
        return context
    }

    /// For the sessions with the server.
    /// - Throws: when a file cannot be used; says which, and why.
    static func originating(_ settings: TLSClientSettings, speaksPostgres: Bool) throws(ProxyFailure) -> TLSContext {
        let context = try TLSContext(TLS_client_method())
        if let certificate = settings.certificate, let key = settings.key {
            try context.use(certificate: certificate, key: key)
        } else if settings.certificate != nil || settings.key != nil {
            throw ProxyFailure("a client certificate and its key go together: give both or none")
        }
        if let ca = settings.ca {
            try context.trust(ca)
        } else if settings.verifies {
            guard SSL_CTX_set_default_verify_paths(context.pointer) == 1 else {
                throw ProxyFailure(
                    "cannot read the system's CAs: \(TLSErrors.take() ?? "OpenSSL gives no reason"); name a file of CAs"
                )
            }
        }
        SSL_CTX_set_verify(context.pointer, settings.verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nil)
        if speaksPostgres, co_offer_postgresql(context.pointer) != 0 {
            throw ProxyFailure("cannot offer PostgreSQL's protocol in TLS: is memory short?")
        }
        return context
    }

    private func use(certificate: String, key: String) throws(ProxyFailure) {
        try TLSContext.check(certificate)
        try TLSContext.check(key)
        TLSErrors.clear()
        guard SSL_CTX_use_certificate_chain_file(pointer, certificate) == 1 else {
            throw TLSContext.unusable(certificate, "a certificate in PEM, with those between it and its CA")
        }
        guard SSL_CTX_use_PrivateKey_file(pointer, key, SSL_FILETYPE_PEM) == 1, SSL_CTX_check_private_key(pointer) == 1
        else { throw TLSContext.unusable(key, "the private key of \(certificate) in PEM, without a passphrase") }
    }

    private func trust(_ ca: String) throws(ProxyFailure) {
        try TLSContext.check(ca)
        TLSErrors.clear()
        guard SSL_CTX_load_verify_file(pointer, ca) == 1 else {
            throw TLSContext.unusable(ca, "certificates of CAs in PEM")
        }
    }

    /// A pipe would block, and OpenSSL is vague about what is not there.
    private static func check(_ path: String) throws(ProxyFailure) {
        var status = stat()
        guard !path.isEmpty, stat(path, &status) == 0, access(path, R_OK) == 0 else {
            let reason = path.isEmpty ? "the path is empty" : KernelWords.of(-errno)
            throw ProxyFailure("cannot read \"\(path)\": \(reason); name a PEM file that the proxy may read")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw ProxyFailure("cannot read \"\(path)\": it is no regular file; name a PEM file")
        }
    }

    private static func unusable(_ path: String, _ wanted: String) -> ProxyFailure {
        ProxyFailure(
            "cannot use \"\(path)\": OpenSSL says \(TLSErrors.take() ?? "nothing"); it must hold \(wanted)")
    }

    /// Reactors may still serve while the process exits, so OpenSSL must not clean up then (OPENSSL_init_ssl(3)).
    private static let initialized = OPENSSL_init_ssl(UInt64(OPENSSL_INIT_NO_ATEXIT), nil)
}
