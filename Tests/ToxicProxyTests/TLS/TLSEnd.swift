import COpenSSL
import Glibc
import TLSFixture

/// One end of a connection in TLS, straight on OpenSSL's own socket I/O: what the proxy's sessions are tried against.
final class TLSEnd: TrafficPeer {
    struct Failure: Error {
        let reason: String
    }

    enum Role {
        /// Trusts this CA for this name; everything when nil.
        case client(ca: String?, name: String)
        /// Wants certificates of clients from this CA, where given.
        case server(clientCA: String?)
    }

    private(set) var received: [UInt8] = []
    private(set) var isAtEnd = false
    private(set) var error: Int64 = 0
    private(set) var hasEnded = false
    /// The connection is over without close_notify.
    private(set) var isTruncated = false
    private let descriptor: Int32
    private let context: OpaquePointer
    private let ssl: OpaquePointer
    private var unsent: ArraySlice<UInt8>
    /// Bytes that must be offered again, as OpenSSL holds a part of them in a record (SSL_write(3)).
    private var offered = 0

    /// OpenSSL's socket I/O raises it.
    private static let ignoresPipe: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

    /// - Parameter version: the only one it speaks, such as TLS1_2_VERSION.
    init(
        _ role: Role, descriptor: Int32, sending bytes: [UInt8] = [], identity: TestCertificates.Identity? = nil,
        version: Int32 = TLS1_3_VERSION, offering protocols: [UInt8] = []
    ) throws {
        TLSEnd.ignoresPipe
        let isClient = if case .client = role { true } else { false }
        guard let context = SSL_CTX_new(isClient ? TLS_client_method() : TLS_server_method()) else {
            throw Failure(reason: "SSL_CTX_new")
        }
        co_set_stream_modes(context)
        // Versions that are forbidden by now are tried, too.
        guard SSL_CTX_set_cipher_list(context, "DEFAULT:@SECLEVEL=0") == 1 else { throw Failure(reason: "ciphers") }
        if let identity {
            guard SSL_CTX_use_certificate_chain_file(context, identity.certificate) == 1,
                SSL_CTX_use_PrivateKey_file(context, identity.key, SSL_FILETYPE_PEM) == 1
            else { throw Failure(reason: "certificate") }
        }
        let ca: String? =
            switch role {
            case .client(let ca, _): ca
            case .server(let ca): ca
            }
        if let ca {
            guard SSL_CTX_load_verify_file(context, ca) == 1 else { throw Failure(reason: "CA") }
            SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
        }
        if !protocols.isEmpty { _ = SSL_CTX_set_alpn_protos(context, protocols, UInt32(protocols.count)) }
        guard let ssl = SSL_new(context) else { throw Failure(reason: "SSL_new") }
        _ = SSL_ctrl(ssl, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(version), nil)
        _ = SSL_ctrl(ssl, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(version), nil)
        SSL_set_fd(ssl, descriptor)
        if case .client(_, let name) = role {
            SSL_set_connect_state(ssl)
            _ = co_set_server_name(ssl, name)
            SSL_set1_host(ssl, name)
        } else {
            SSL_set_accept_state(ssl)
        }
        self.descriptor = descriptor
        self.context = context
        self.ssl = ssl
        unsent = bytes[...]
    }

    deinit {
        SSL_free(ssl)
        SSL_CTX_free(context)
    }

    /// The name that the client asked for (SNI).
    var serverName: String? {
        SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name).map { String(cString: $0) }
    }

    var isSecured: Bool { SSL_is_init_finished(ssl) == 1 }

    func send(_ count: Int) {
        guard !hasEnded, error == 0 else { return }
        ERR_clear_error()
        if unsent.isEmpty {
            // Before the handshake there is nothing to end.
            guard isSecured || goesOn(SSL_do_handshake(ssl)) else { return }
            let result = SSL_shutdown(ssl)
            hasEnded = result >= 0 || SSL_get_error(ssl, result) != SSL_ERROR_WANT_WRITE
            return
        }
        var taken = 0
        offered = max(offered, min(count, unsent.count))
        let result = unsent.prefix(offered).withUnsafeBytes { SSL_write_ex(ssl, $0.baseAddress, $0.count, &taken) }
        guard goesOn(result) else { return }
        unsent = unsent.dropFirst(taken)
        offered = 0
    }

    func receive(_ count: Int) {
        guard !isAtEnd, error == 0 else { return }
        ERR_clear_error()
        var buffer = [UInt8](repeating: 0, count: count)
        var taken = 0
        if goesOn(SSL_read_ex(ssl, &buffer, count, &taken)) { received += buffer.prefix(taken) }
    }

    /// Has new keys used from here on, by both ends (RFC 8446, 4.6.3).
    func updateKeys() {
        guard isSecured, !hasEnded, error == 0 else { return }
        SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED)
    }

    private func goesOn(_ result: Int32) -> Bool {
        guard result != 1 else { return true }
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: break
        case SSL_ERROR_ZERO_RETURN: isAtEnd = true
        case SSL_ERROR_SYSCALL: error = errno == 0 ? Int64(-EPROTO) : Int64(-errno)
        default:
            isTruncated = ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING
            error = Int64(-EPROTO)
        }
        return false
    }
}
