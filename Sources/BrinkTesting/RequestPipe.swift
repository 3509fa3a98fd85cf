import Foundation
import Glibc

/// The end of a pipe that requests are written to. A reader that is gone is an error of the write and never SIGPIPE,
/// which would end the whole test process.
final class RequestPipe: Sendable {
    private let handle: FileHandle

    init(_ handle: FileHandle) {
        self.handle = handle
    }

    /// Writes all of it; blocks while the pipe is full.
    /// - Throws: `BrinkFailure` when the reader is gone or the write fails.
    func write(_ data: Data) throws {
        let number = Self.holdingSignal { Self.send(data, to: handle.fileDescriptor) }
        guard number != 0 else { return }
        guard number != EPIPE else { throw BrinkFailure("brink has ended") }
        throw BrinkFailure("brink cannot be asked: \(String(cString: strerror(number)))")
    }

    func close() throws {
        try handle.close()
    }

    /// - Returns: an errno; 0 when all is written.
    private static func send(_ data: Data, to descriptor: Int32) -> Int32 {
        data.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) -> Int32 in
            var sent = 0
            while sent < bytes.count {
                let count = Glibc.write(descriptor, bytes.baseAddress?.advanced(by: sent), bytes.count - sent)
                if count >= 0 {
                    sent += count
                } else if errno != EINTR {
                    return errno
                }
            }
            return 0
        }
    }

    /// Calls something that writes, and takes away the SIGPIPE that it raises.
    ///
    /// That signal goes to the thread that writes, so it is held back in this thread alone; what the process does with
    /// the signal, which the tests may have chosen, stays as it is.
    /// - Parameter write: returns an errno.
    private static func holdingSignal(_ write: () -> Int32) -> Int32 {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        var before = sigset_t()
        pthread_sigmask(SIG_BLOCK, &signals, &before)
        var pending = sigset_t()
        sigpending(&pending)
        // One that somebody else raised before is not ours to take.
        let wasPending = sigismember(&pending, SIGPIPE) == 1
        let number = write()
        if number == EPIPE, !wasPending {
            var none = timespec()
            while sigtimedwait(&signals, nil, &none) < 0, errno == EINTR {}
        }
        pthread_sigmask(SIG_SETMASK, &before, nil)
        return number
    }
}
