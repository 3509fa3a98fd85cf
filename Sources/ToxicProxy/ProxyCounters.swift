import Synchronization

/// What a proxy has done since it was made; the evidence that a toxic took effect.
public final class ProxyCounters: Sendable {
    /// What one toxic did.
    public struct Toxic: Hashable, Sendable {
        /// Pieces that it held back for more than a millisecond, and for how long in all.
        public var delayedPieces = 0
        public var delayNanoseconds = 0
        /// Bytes that wait for as long as the toxic is there.
        public var heldBytes = 0
        public var droppedBytes = 0
        public var corruptedBytes = 0
        public var duplicatedBytes = 0
        public var slices = 0
        /// Messages of a protocol that it acted on.
        public var messages = 0
        /// Ends of streams that it held back.
        public var heldEnds = 0
        /// Connections that it closed, that it reset, and of which it left one end.
        public var closed = 0
        public var reset = 0
        public var vanished = 0

        public init() {}

        mutating func add(_ other: Toxic) {
            delayedPieces += other.delayedPieces
            delayNanoseconds += other.delayNanoseconds
            heldBytes += other.heldBytes
            droppedBytes += other.droppedBytes
            corruptedBytes += other.corruptedBytes
            duplicatedBytes += other.duplicatedBytes
            slices += other.slices
            messages += other.messages
            heldEnds += other.heldEnds
            closed += other.closed
            reset += other.reset
            vanished += other.vanished
        }
    }

    /// A reading.
    public struct Reading: Hashable, Sendable {
        public var connections = 0
        public var open = 0
        /// Bytes that came from clients, and from the server.
        public var upstreamBytes = 0
        public var downstreamBytes = 0
        public var bytes: Int { upstreamBytes + downstreamBytes }
        /// Bytes that were handed to the server, and to clients.
        public var upstreamSent = 0
        public var downstreamSent = 0
        /// What each toxic did, by its name.
        public var toxics: [String: Toxic] = [:]
        /// Connections that ended because the proxy went down.
        public var cut = 0
        /// Dials of the server that failed.
        public var failedDials = 0
        /// Handshakes of TLS that failed: with clients, and with the server. The latter are failed dials too.
        public var failedClientHandshakes = 0
        public var failedServerHandshakes = 0
        /// Streams in TLS that ended without close_notify, as an attacker could end them (RFC 8446, 6.1).
        public var truncatedStreams = 0
        /// Streams in which TLS failed after the handshake.
        public var brokenStreams = 0
        /// Why a connection could not be followed or secured, the last time.
        public var lastRefusal: String?
        /// Bytes that went through without having been in user space.
        public var splicedBytes = 0

        mutating func failHandshake(_ reason: String, isServer: Bool) {
            lastRefusal = reason
            if isServer {
                failedServerHandshakes += 1
                failedDials += 1
            } else {
                failedClientHandshakes += 1
            }
        }
    }

    private let state = Mutex(Reading())
    private let traffic = Mutex<[ObjectIdentifier: TrafficCounts]>([:])

    public var reading: Reading {
        var reading = state.withLock { $0 }
        for counts in traffic.withLock({ Array($0.values) }) { counts.add(to: &reading) }
        return reading
    }

    /// What is counted for every piece, on one reactor. Call it on that reactor's thread.
    func traffic(on reactor: Reactor) -> TrafficCounts {
        traffic.withLock { traffic in
            if let counts = traffic[ObjectIdentifier(reactor)] { return counts }
            let counts = TrafficCounts()
            traffic[ObjectIdentifier(reactor)] = counts
            return counts
        }
    }

    func update(_ body: (inout Reading) -> Void) {
        state.withLock { body(&$0) }
    }

    func add(_ counts: [String: Toxic]) {
        guard !counts.isEmpty else { return }
        state.withLock { reading in
            for (name, count) in counts { reading.toxics[name, default: Toxic()].add(count) }
        }
    }
}
