import COpenSSL
import Glibc

/// TLS on one socket. Belongs to one reactor's thread; never blocks.
///
/// Reads and writes answer as those of a plain socket do: bytes, 0 at the peer's close_notify, or -errno. One of them can
/// have to wait for the socket to become ready for the other (SSL_get_error(3)), see `meaning(of:)`.
final class TLSSession {
    enum Progress: Equatable {
        case done
        /// For the socket.
        case waiting
        /// For people: what failed and what to do.
        case failed(String)
    }

    enum Role {
        case terminating
        /// `name` is what the server's certificate must be for, sent as SNI if it is no IP address.
        case originating(name: String?, verifies: Bool)
    }

    let descriptor: Int32
    /// What the socket said last, told by `TLSSocketIO`.
    var socketHasEnded = false
    var socketError: Int32 = 0

    /// close_notify is sent, or cannot be.
    private(set) var hasClosed = false

    private let ssl: OpaquePointer
    private let role: Role
    /// Whom it is with, for people.
    private let peer: String
    private let counters: ProxyCounters
    private var readWaitsForWritable = false
    private var writeWaitsForReadable = false
    /// OpenSSL holds a part of a record that it must be given again (SSL_write(3)).
    private var hasUnsentRecord = false
    /// After a fatal error nothing may be asked of the session any more (SSL_shutdown(3)).
    private var isBroken = false
    /// How the stream ended, behind the bytes that were handed out: 0 or -errno.
    private(set) var end: Int64?

    /// Nil when memory is short.
    init?(_ context: TLSContext, _ role: Role, on descriptor: Int32, with peer: String, _ counters: ProxyCounters) {
        TLSErrors.clear()
        guard let ssl = SSL_new(context.pointer) else { return nil }
        self.ssl = ssl
        self.descriptor = descriptor
        self.role = role
        self.peer = peer
        self.counters = counters
        guard let bio = TLSSocketIO.shared?.make(for: self) else { return nil }
        // Takes the BIO over.
        SSL_set_bio(ssl, bio, bio)
        switch role {
        case .terminating: SSL_set_accept_state(ssl)
        case .originating(let name, let verifies):
            SSL_set_connect_state(ssl)
            guard let name else { break }
            let isAddress = TLSSession.isAddress(name)
            guard isAddress || co_set_server_name(ssl, name) == 1 else { return nil }
            guard verifies else { break }
            SSL_set_hostflags(ssl, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
            let isSet =
                isAddress ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) : SSL_set1_host(ssl, name)
            guard isSet == 1 else { return nil }
        }
    }

    deinit { SSL_free(ssl) }

    static func isAddress(_ name: String) -> Bool {
        var bytes = in6_addr()
        return inet_pton(AF_INET, name, &bytes) == 1 || inet_pton(AF_INET6, name, &bytes) == 1
    }

    /// Whether the peers agreed on an application's protocol (ALPN, RFC 7301).
    var hasAgreedOnProtocol: Bool {
        var name: UnsafePointer<UInt8>?
        var length: UInt32 = 0
        SSL_get0_alpn_selected(ssl, &name, &length)
        return length > 0
    }

    /// Goes on with the handshake as far as the socket lets it.
    func handshake() -> Progress {
        TLSErrors.clear()
        let result = SSL_do_handshake(ssl)
        guard result != 1 else { return .done }
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .waiting
        default:
            isBroken = true
            return .failed("TLS with \(peer) failed: \(reason()); \(advice())")
        }
    }

    /// Fills the buffer as far as bytes are there: a record is at most 16 KiB (RFC 8446, 5.1).
    /// - Returns: bytes, fewer than fit only when no more are there now or the end comes next; 0 after close_notify;
    ///   -EAGAIN; or -errno, -ECONNRESET for a stream that ended without close_notify.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int64 {
        var count = 0
        while end == nil, count < buffer.count {
            TLSErrors.clear()
            readWaitsForWritable = false
            var taken = 0
            let result = SSL_read_ex(ssl, buffer.baseAddress.map { $0 + count }, buffer.count - count, &taken)
            guard result != 1 else {
                count += taken
                continue
            }
            switch SSL_get_error(ssl, result) {
            case SSL_ERROR_WANT_READ: return count > 0 ? Int64(count) : Int64(-EAGAIN)
            case SSL_ERROR_WANT_WRITE:
                readWaitsForWritable = true
                return count > 0 ? Int64(count) : Int64(-EAGAIN)
            case SSL_ERROR_ZERO_RETURN: end = 0
            default: end = breakDown()
            }
        }
        return count > 0 ? Int64(count) : end ?? 0
    }

    /// Writes as much as the socket takes. What comes after -EAGAIN must begin with the same bytes.
    /// - Returns: bytes, -EAGAIN or -errno.
    func write(_ bytes: UnsafeRawBufferPointer) -> Int64 {
        var count = 0
        while count < bytes.count {
            guard !isBroken else { return Int64(-ECONNRESET) }
            TLSErrors.clear()
            writeWaitsForReadable = false
            var taken = 0
            let result = SSL_write_ex(ssl, bytes.baseAddress.map { $0 + count }, bytes.count - count, &taken)
            guard result != 1 else {
                hasUnsentRecord = false
                count += taken
                continue
            }
            switch SSL_get_error(ssl, result) {
            case SSL_ERROR_WANT_WRITE: hasUnsentRecord = true
            case SSL_ERROR_WANT_READ:
                hasUnsentRecord = true
                writeWaitsForReadable = true
            default: return breakDown()
            }
            return count > 0 ? Int64(count) : Int64(-EAGAIN)
        }
        return Int64(count)
    }

    /// Ends this direction with close_notify; the other goes on (RFC 8446, 6.1).
    /// - Returns: false when the socket takes no more now, and it must be asked again.
    func close() -> Bool {
        // Asked again once it is sent, OpenSSL would read.
        guard !isBroken, !hasClosed else { return true }
        guard !hasUnsentRecord else { return false }
        TLSErrors.clear()
        // Zero says that it is sent, and that the peer's own is not here (SSL_shutdown(3)).
        let result = SSL_shutdown(ssl)
        // Any other error is the peer's being gone, of which reading tells.
        hasClosed = result >= 0 || SSL_get_error(ssl, result) != SSL_ERROR_WANT_WRITE
        return hasClosed
    }

    /// What events on the socket mean for the stream: what waits for the other direction's readiness is woken by it.
    func meaning(of events: Readiness) -> Readiness {
        var events = events
        if readWaitsForWritable, events.contains(.writable) { events.insert(.readable) }
        if writeWaitsForReadable, events.contains(.readable) { events.insert(.writable) }
        return events
    }

    /// Takes note that the session ends in an error.
    /// - Returns: -errno.
    private func breakDown() -> Int64 {
        guard !isBroken else { return Int64(-ECONNRESET) }
        isBroken = true
        // A reset of the connection is no matter of TLS.
        if socketError != 0 {
            TLSErrors.clear()
            return Int64(-socketError)
        }
        if socketHasEnded {
            TLSErrors.clear()
            counters.update { $0.truncatedStreams += 1 }
        } else {
            let reason = "TLS with \(peer) broke: \(reason()); \(advice())"
            counters.update {
                $0.brokenStreams += 1
                $0.lastRefusal = reason
            }
        }
        return Int64(-ECONNRESET)
    }

    private func reason() -> String {
        let words = TLSErrors.take()
        if socketError != 0 { return KernelWords.of(-socketError) }
        let verdict = SSL_get_verify_result(ssl)
        if verdict != Int(X509_V_OK), judgesPeer {
            return "the peer's certificate is refused: \(String(cString: X509_verify_cert_error_string(verdict)))"
        }
        if socketHasEnded { return "the peer ended the connection in the midst of it" }
        return words ?? "OpenSSL gives no reason"
    }

    private var judgesPeer: Bool { SSL_get_verify_mode(ssl) & SSL_VERIFY_PEER != 0 }

    private func advice() -> String {
        let verdict = judgesPeer ? SSL_get_verify_result(ssl) : Int(X509_V_OK)
        switch (role, verdict) {
        case (.originating(let name, _), Int(X509_V_ERR_HOSTNAME_MISMATCH)),
            (.originating(let name, _), Int(X509_V_ERR_IP_ADDRESS_MISMATCH)):
            return "it is not for \(name ?? "this host"); set server_name to a name that is in it"
        case (_, Int(X509_V_ERR_CERT_HAS_EXPIRED)), (_, Int(X509_V_ERR_CERT_NOT_YET_VALID)):
            return "renew it, or set this machine's clock"
        case (.originating, Int(X509_V_OK)):
            return "see that the server speaks TLS 1.2 or later there and trusts the proxy's certificate"
        case (.terminating, Int(X509_V_OK)):
            return
                "see that the client speaks TLS 1.2 or later, trusts the proxy's and has a certificate if one is wanted"
        case (.originating, _): return "set ca to a file with the CA that signed it, or verify to false"
        case (.terminating, _): return "the client needs a certificate that a CA in client_ca has signed"
        }
    }
}
