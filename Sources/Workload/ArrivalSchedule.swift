import Glibc
import SeededRandom

/// Moments of arrival of an open loop: a Poisson process, so that arrivals do not wait for answers and bunch up as
/// real ones do. The same seed gives the same moments.
public struct ArrivalSchedule: Sendable {
    private let rate: Double
    private var generator: SeededGenerator
    private var last = 0.0

    /// - Parameter rate: arrivals per second, more than 0.
    public init(rate: Double, seed: UInt64) {
        self.rate = rate
        self.generator = SeededGenerator(seed: seed)
    }

    /// The next moment, in seconds from the start.
    public mutating func next() -> Double {
        // 1 - u is never 0, so the logarithm is finite.
        last += -log1p(-Double.random(in: 0..<1, using: &generator)) / rate
        return last
    }
}
