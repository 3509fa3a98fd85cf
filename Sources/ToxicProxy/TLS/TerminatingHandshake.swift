import CLinux
import Glibc
import PostgresWire

/// TLS with a client; where PostgreSQL's protocol is followed, after what that says first.
final class TerminatingHandshake {
    let side: ConnectionSide
    /// For people.
    let peer: String
    private let context: TLSContext
    private let counters: ProxyCounters
    /// The client has yet to say how it begins.
    private var awaitsRequest: Bool
    private var isDirect = false
    private var session: TLSSession?

    init(
        on side: ConnectionSide, _ context: TLSContext, with peer: String, _ followsPostgres: Bool,
        _ counters: ProxyCounters
    ) {
        self.side = side
        self.context = context
        self.peer = peer
        self.counters = counters
        awaitsRequest = followsPostgres
    }

    /// Goes on as far as the socket lets it; done, `side` reads and writes through TLS.
    func proceed() -> TLSSession.Progress {
        while awaitsRequest {
            if let progress = takeRequest() { return progress }
        }
        guard let session = session ?? TLSSession(context, .terminating, on: side.descriptor, with: peer, counters)
        else { return .failed("TLS with \(peer) failed: OpenSSL makes no session; is memory short?") }
        self.session = session
        let progress = session.handshake()
        guard progress == .done else { return progress }
        if isDirect, !session.hasAgreedOnProtocol {
            return .failed(
                "TLS with \(peer) failed: it begins at once but does not ask for the protocol \"postgresql\" (ALPN); "
                    + "use a client that does, or sslnegotiation=postgres")
        }
        side.session = session
        return .done
    }

    /// - Returns: nil when the client is to be looked at again, or TLS is next.
    private func takeRequest() -> TLSSession.Progress? {
        var bytes = [UInt8](repeating: 0, count: EncryptionNegotiation.requestLength)
        let count = cl_stream_peek(side.descriptor, &bytes, bytes.count)
        switch count {
        case 1...: break
        case 0: return .failed("TLS with \(peer) failed: it ended the connection before it asked for TLS")
        case Int64(-EAGAIN): return .waiting
        case Int64(-EINTR): return nil
        default: return .failed("TLS with \(peer) failed: cannot read: \(KernelWords.of(Int32(count)))")
        }
        switch EncryptionNegotiation.opening(bytes.prefix(Int(count))) {
        case nil: return .waiting
        case .sslRequest:
            // Exactly this: bytes sent before TLS must not count as sent inside (CVE-2021-23222).
            awaitsRequest = false
            return answer(EncryptionNegotiation.accepted)
        case .gssencRequest: return answer(EncryptionNegotiation.declined)
        case .tls:
            awaitsRequest = false
            isDirect = true
            return nil
        // libpq before 17 sends these without TLS whatever the session has, and servers take them so.
        case .cancelRequest: return .done
        case .unencrypted:
            refuse()
            return .failed("TLS with \(peer) failed: it begins without; connect with sslmode=require or more")
        }
    }

    /// Takes the request that was looked at, and answers it.
    private func answer(_ byte: UInt8) -> TLSSession.Progress? {
        var bytes = [UInt8](repeating: 0, count: EncryptionNegotiation.requestLength)
        guard cl_stream_read(side.descriptor, &bytes, bytes.count) == Int64(bytes.count),
            cl_stream_write(side.descriptor, [byte], 1) == 1
        else { return .failed("TLS with \(peer) failed: its request cannot be answered; is it gone?") }
        return nil
    }

    private func refuse() {
        // invalid_authorization_specification, as from a server whose pg_hba.conf wants TLS.
        let error = ErrorResponse(
            severity: .fatal, sqlState: "28000",
            message: "the proxy takes connections with TLS only; connect with sslmode=require or more"
        ).bytes
        _ = cl_stream_write(side.descriptor, error, error.count)
        // What is left unread at the close would make it a reset, in which the error could be lost.
        var rest = [UInt8](repeating: 0, count: 1 << 14)
        _ = cl_stream_read(side.descriptor, &rest, rest.count)
    }
}
