import Glibc
import NIOCore
import PlainHTTP

extension Error {
    /// Whether the process or the system has no file descriptor left, as a server's or a client's socket reports it.
    var isOutOfDescriptors: Bool {
        let code: Int32?
        if case .unreachable(_, let errno)? = self as? HTTPFailure {
            code = errno
        } else {
            code = (self as? IOError)?.errnoCode
        }
        return code == EMFILE || code == ENFILE
    }
}
