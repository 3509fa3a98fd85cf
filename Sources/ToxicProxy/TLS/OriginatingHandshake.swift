import CLinux
import Glibc
import PostgresWire

/// TLS with the server; where PostgreSQL's protocol is followed, asked for with SSLRequest.
final class OriginatingHandshake {
    private enum Step {
        case request, answer, tls
    }

    let side: ConnectionSide
    /// For people.
    let peer: String
    private let context: TLSContext
    private let role: TLSSession.Role
    private let counters: ProxyCounters
    private let followsPostgres: Bool
    private var step: Step
    private var session: TLSSession?

    init(
        on side: ConnectionSide, _ context: TLSContext, _ role: TLSSession.Role, with peer: String,
        _ followsPostgres: Bool, _ counters: ProxyCounters
    ) {
        self.side = side
        self.context = context
        self.role = role
        self.peer = peer
        self.followsPostgres = followsPostgres
        self.counters = counters
        step = followsPostgres ? .request : .tls
    }

    /// Goes on as far as the socket lets it; done, `side` reads and writes through TLS.
    func proceed() -> TLSSession.Progress {
        if step == .request {
            let request = EncryptionNegotiation.sslRequest
            // A new connection has room for it.
            guard cl_stream_write(side.descriptor, request, request.count) == Int64(request.count) else {
                return .failed("TLS with \(peer) failed: cannot send SSLRequest; is the server gone?")
            }
            step = .answer
        }
        if step == .answer, let progress = takeAnswer() { return progress }
        guard let session = session ?? TLSSession(context, role, on: side.descriptor, with: peer, counters)
        else { return .failed("TLS with \(peer) failed: OpenSSL makes no session; is memory short?") }
        self.session = session
        let progress = session.handshake()
        if progress == .done { side.session = session }
        if case .failed(let reason) = progress, session.socketHasEnded, !followsPostgres {
            return .failed(reason + "; a PostgreSQL server needs \"protocol\": \"postgres\"")
        }
        return progress
    }

    /// - Returns: nil when TLS is next.
    private func takeAnswer() -> TLSSession.Progress? {
        var answer: UInt8 = 0
        // One byte: what comes before TLS must not count as sent inside (CVE-2021-23222).
        var count = cl_stream_read(side.descriptor, &answer, 1)
        while count == Int64(-EINTR) { count = cl_stream_read(side.descriptor, &answer, 1) }
        switch (count, answer) {
        case (1, EncryptionNegotiation.accepted):
            step = .tls
            return nil
        case (1, EncryptionNegotiation.declined):
            return .failed("TLS with \(peer) failed: the server has none; set ssl = on there, or do not originate TLS")
        case (1, _):
            return .failed("TLS with \(peer) failed: it does not answer SSLRequest as PostgreSQL; is it one?")
        case (0, _): return .failed("TLS with \(peer) failed: it ended the connection at SSLRequest; is it PostgreSQL?")
        case (Int64(-EAGAIN), _): return .waiting
        default: return .failed("TLS with \(peer) failed: cannot read: \(KernelWords.of(Int32(count)))")
        }
    }
}
