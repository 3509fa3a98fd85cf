import Synchronization

/// The hoard of a fault's latest plan, which its `verify` asks about.
final class HoardRecord: Sendable {
    private let hoard = Mutex<(any ConnectionHoard)?>(nil)

    var current: (any ConnectionHoard)? {
        get { hoard.withLock { $0 } }
        set { hoard.withLock { $0 = newValue } }
    }
}
