import Synchronization

/// Durations counted in buckets, in seconds.
final class DurationHistogram: Sendable {
    struct Snapshot: Sendable, Equatable {
        /// The upper bounds in seconds with the number of durations up to each; the last bound is infinity.
        var cumulative: [(bound: Double, count: UInt64)]
        /// In seconds.
        var sum: Double

        static func == (left: Snapshot, right: Snapshot) -> Bool {
            left.sum == right.sum && left.cumulative.elementsEqual(right.cumulative, by: ==)
        }
    }

    /// From half a millisecond to half a minute, about two and a half buckets a decade.
    static let defaultBounds = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
    ]

    private let bounds: [Double]
    private let state: Mutex<(counts: [UInt64], sum: Double)>

    /// - Parameter bounds: finite upper bounds in seconds, ascending.
    init(bounds: [Double] = defaultBounds) {
        self.bounds = bounds
        self.state = Mutex(([UInt64](repeating: 0, count: bounds.count + 1), 0))
    }

    func observe(_ duration: Duration) {
        let (whole, attoseconds) = duration.components
        let seconds = Double(whole) + Double(attoseconds) * 1e-18
        let bucket = bucket(of: seconds)
        state.withLock { state in
            state.counts[bucket] += 1
            state.sum += seconds
        }
    }

    /// The first bucket whose bound is no less; by halving, as there may be many.
    private func bucket(of seconds: Double) -> Int {
        var low = 0
        var high = bounds.count
        while low < high {
            let middle = (low + high) / 2
            if seconds <= bounds[middle] { high = middle } else { low = middle + 1 }
        }
        return low
    }

    var snapshot: Snapshot {
        let (counts, sum) = state.withLock { ($0.counts, $0.sum) }
        var total: UInt64 = 0
        let cumulative = zip(bounds + [.infinity], counts).map { bound, count in
            total += count
            return (bound: bound, count: total)
        }
        return Snapshot(cumulative: cumulative, sum: sum)
    }
}
