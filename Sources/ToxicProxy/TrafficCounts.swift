import Synchronization

/// Bytes that one proxy has carried on one reactor. Written by that reactor's thread alone, read by any: so nothing is
/// locked, and no two processors pass a line of their caches to and fro for every piece.
final class TrafficCounts: Sendable {
    private let received = Directions()
    private let sent = Directions()
    private let spliced = Atomic<Int>(0)

    private struct Directions: ~Copyable, Sendable {
        let upstream = Atomic<Int>(0)
        let downstream = Atomic<Int>(0)

        func add(_ count: Int, _ direction: StreamDirection) {
            switch direction {
            case .upstream: TrafficCounts.add(count, to: upstream)
            case .downstream: TrafficCounts.add(count, to: downstream)
            }
        }
    }

    func noteReceived(_ count: Int, _ direction: StreamDirection) { received.add(count, direction) }
    func noteSent(_ count: Int, _ direction: StreamDirection) { sent.add(count, direction) }
    func noteSpliced(_ count: Int) { TrafficCounts.add(count, to: spliced) }

    func add(to reading: inout ProxyCounters.Reading) {
        reading.upstreamBytes += received.upstream.load(ordering: .relaxed)
        reading.downstreamBytes += received.downstream.load(ordering: .relaxed)
        reading.upstreamSent += sent.upstream.load(ordering: .relaxed)
        reading.downstreamSent += sent.downstream.load(ordering: .relaxed)
        reading.splicedBytes += spliced.load(ordering: .relaxed)
    }

    /// With one writer a load and a store do, without the bus lock of an atomic addition.
    private static func add(_ count: Int, to number: borrowing Atomic<Int>) {
        number.store(number.load(ordering: .relaxed) &+ count, ordering: .relaxed)
    }
}
