import Foundation
import Synchronization

/// Lines of a pipe as they come; blocks until there is one.
final class LineReader: Sendable {
    private let handle: FileHandle
    private let rest = Mutex(Data())

    init(_ handle: FileHandle) {
        self.handle = handle
    }

    /// Without its line feed; nil at the end.
    func next() -> Data? {
        rest.withLock { rest in
            while true {
                if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    let line = Data(rest[..<end])
                    rest = Data(rest[(end + 1)...])
                    return line
                }
                let more = handle.availableData
                if more.isEmpty { return nil }
                rest += more
            }
        }
    }
}
