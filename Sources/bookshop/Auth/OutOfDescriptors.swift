import Glibc
import NIOCore

extension Error {
    /// Whether the process or the system has no file descriptor left, as SwiftNIO reports it.
    var isOutOfDescriptors: Bool {
        guard let error = self as? IOError else { return false }
        return error.errnoCode == EMFILE || error.errnoCode == ENFILE
    }
}
