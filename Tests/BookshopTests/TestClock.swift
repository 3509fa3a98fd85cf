import Synchronization

/// A time of day that a test sets, in seconds.
final class TestClock: Sendable {
    private let state: Mutex<Double>

    init(_ now: Double) {
        state = Mutex(now)
    }

    var now: Double {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}
