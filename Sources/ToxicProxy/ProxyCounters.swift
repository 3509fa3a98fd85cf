import Synchronization

/// What a proxy has done since it was started; the evidence that a toxic took effect.
public final class ProxyCounters: Sendable {
    /// A reading.
    public struct Reading: Hashable, Sendable {
        public var connections = 0
        public var open = 0
        public var bytes = 0
        /// Pieces that were held back, and for how long in all.
        public var delayedPieces = 0
        public var delayNanoseconds: Int64 = 0
        public var droppedBytes = 0
        /// Connections that a toxic closed, and that it reset.
        public var closed = 0
        public var reset = 0
        /// Connections that ended because the proxy went down.
        public var cut = 0
        /// Dials of the server that failed.
        public var failedDials = 0
    }

    private let state = Mutex(Reading())

    public var reading: Reading { state.withLock { $0 } }

    func update(_ body: (inout Reading) -> Void) {
        state.withLock { body(&$0) }
    }
}
