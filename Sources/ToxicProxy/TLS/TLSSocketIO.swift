import CLinux
import COpenSSL
import Glibc

/// How OpenSSL reads and writes a session's socket: as the rest of the proxy does, so that a peer that is gone is an error
/// and never SIGPIPE, which OpenSSL's own sockets raise (BIO_s_socket(3)).
struct TLSSocketIO: @unchecked Sendable {
    // `@unchecked`: only read once it is made.
    private let method: OpaquePointer

    /// Nil when memory is short.
    static let shared = TLSSocketIO()

    private init?() {
        guard let method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "brink stream") else { return nil }
        self.method = method
        BIO_meth_set_read(method) { bio, bytes, count in
            TLSSocketIO.transfer(bio, BIO_FLAGS_READ) { cl_stream_read($0, bytes, Int(count)) }
        }
        BIO_meth_set_write(method) { bio, bytes, count in
            // Reading can make OpenSSL answer a KeyUpdate (RFC 8446, 4.6.3), but the socket takes nothing after the end, and
            // the peer would ignore it (6.1).
            if TLSSocketIO.session(of: bio)?.hasClosed == true { return count }
            return TLSSocketIO.transfer(bio, BIO_FLAGS_WRITE) { cl_stream_write($0, bytes, Int(count)) }
        }
        BIO_meth_set_ctrl(method) { bio, command, _, _ in
            switch command {
            case BIO_CTRL_FLUSH: 1
            case BIO_CTRL_EOF: TLSSocketIO.session(of: bio)?.socketHasEnded == true ? 1 : 0
            default: 0
            }
        }
        BIO_meth_set_create(method) { bio in
            BIO_set_init(bio, 1)
            return 1
        }
    }

    /// A BIO for the session, which must outlive it.
    func make(for session: TLSSession) -> OpaquePointer? {
        guard let bio = BIO_new(method) else { return nil }
        BIO_set_data(bio, Unmanaged.passUnretained(session).toOpaque())
        return bio
    }

    private static func session(of bio: OpaquePointer?) -> TLSSession? {
        BIO_get_data(bio).map { Unmanaged<TLSSession>.fromOpaque($0).takeUnretainedValue() }
    }

    private static func transfer(_ bio: OpaquePointer?, _ direction: Int32, _ body: (Int32) -> Int64) -> Int32 {
        guard let session = session(of: bio) else { return -1 }
        BIO_clear_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY)
        var result = body(session.descriptor)
        while result == Int64(-EINTR) { result = body(session.descriptor) }
        if result == Int64(-EAGAIN) { BIO_set_flags(bio, direction | BIO_FLAGS_SHOULD_RETRY) }
        if result == 0, direction == BIO_FLAGS_READ { session.socketHasEnded = true }
        if result < 0, result != Int64(-EAGAIN) { session.socketError = Int32(-result) }
        return result < 0 ? -1 : Int32(result)
    }
}
