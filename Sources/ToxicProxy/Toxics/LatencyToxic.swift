import NIOCore
import SeededRandom

/// Delays everything by a time with jitter, without changing the order.
public struct LatencyToxic: Toxic {
    private let latency: TimeAmount
    private let jitter: TimeAmount
    private var generator: SeededGenerator
    private var last = NIODeadline.uptimeNanoseconds(0)

    /// - Parameters:
    ///   - latency: the mean delay.
    ///   - jitter: the largest deviation to either side; each piece draws evenly from the range.
    public init(latency: TimeAmount, jitter: TimeAmount, seed: UInt64) {
        self.latency = latency
        self.jitter = jitter
        self.generator = SeededGenerator(seed: seed)
    }

    public mutating func pass(_ piece: StreamPiece) -> ToxicDecision {
        let deviation =
            jitter.nanoseconds > 0
            ? Int64.random(in: -jitter.nanoseconds...jitter.nanoseconds, using: &generator) : 0
        let delay = max(0, latency.nanoseconds + deviation)
        last = max(last, piece.release + .nanoseconds(delay))
        return .pass([StreamPiece(bytes: piece.bytes, release: last)])
    }
}
