import Foundation
import Synchronization

/// Reads what a program says on stderr, so that its pipe never fills up, and keeps the end of it.
final class ErrorTail: Sendable {
    private let kept = Mutex("")

    /// Enough to say what went wrong.
    private static let most = 4000

    init(_ handle: FileHandle) {
        Thread { [self] in
            while true {
                let data = handle.availableData
                if data.isEmpty { return }
                kept.withLock { $0 = String(($0 + String(decoding: data, as: UTF8.self)).suffix(ErrorTail.most)) }
            }
        }.start()
    }

    var text: String { kept.withLock { $0 } }
}
