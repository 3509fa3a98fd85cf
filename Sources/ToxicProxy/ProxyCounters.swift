import Synchronization

/// What a proxy has done since it was started; the evidence that a toxic took effect.
public final class ProxyCounters: Sendable {
    /// What one toxic did.
    public struct Toxic: Hashable, Sendable {
        /// Pieces that it held back for more than a millisecond, and for how long in all.
        public var delayedPieces = 0
        public var delayNanoseconds: Int64 = 0
        /// Bytes that wait for as long as the toxic is there.
        public var heldBytes = 0
        public var droppedBytes = 0
        /// Connections that it closed, and that it reset.
        public var closed = 0
        public var reset = 0

        public init() {}
    }

    /// A reading.
    public struct Reading: Hashable, Sendable {
        public var connections = 0
        public var open = 0
        public var bytes = 0
        /// What each toxic did, by its name.
        public var toxics: [String: Toxic] = [:]
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
