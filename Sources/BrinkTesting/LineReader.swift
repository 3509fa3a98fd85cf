import Foundation
import Glibc
import Synchronization

/// Lines of a pipe as they come; blocks until there is one.
final class LineReader: Sendable {
    /// There was no whole line in time.
    struct Late: Error {}

    private let handle: FileHandle
    private let rest = Mutex(Data())

    init(_ handle: FileHandle) {
        self.handle = handle
    }

    /// Without its line feed; nil at the end.
    /// - Parameter deadline: nil to wait as long as it takes.
    /// - Throws: `Late` when there is neither a whole line nor the end by then.
    func next(by deadline: ContinuousClock.Instant? = nil) throws -> Data? {
        try rest.withLock { rest in
            while true {
                if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    let line = Data(rest[..<end])
                    rest = Data(rest[(end + 1)...])
                    return line
                }
                if let deadline { try waitForMore(by: deadline) }
                let more = handle.availableData
                if more.isEmpty { return nil }
                rest += more
            }
        }
    }

    private func waitForMore(by deadline: ContinuousClock.Instant) throws {
        while true {
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else { throw Late() }
            // A minute at most: poll counts milliseconds in 32 bits.
            let milliseconds = Int32(min(left / .milliseconds(1), 60_000).rounded(.up))
            var entry = pollfd(fd: handle.fileDescriptor, events: Int16(POLLIN), revents: 0)
            let count = poll(&entry, 1, milliseconds)
            // What else may be wrong, the read finds out.
            if count > 0 || (count < 0 && errno != EINTR) { return }
        }
    }
}
