import LinuxSystem
import Synchronization

/// Reads all probes at once and keeps what they said, so that any metric can be asked for over any stretch of time.
public final class Sampler: Sendable {
    /// One round of readings.
    public struct Round: Sendable {
        /// Seconds on the run's clock.
        public let time: Double
        public let values: [String: Double]
    }

    private let probes: [any Probe]
    private let start: Duration
    private let rounds = Mutex<[Round]>([])

    /// - Parameter start: the run's zero on the monotonic clock.
    public init(probes: [any Probe], start: Duration) {
        self.probes = probes
        self.start = start
    }

    /// Reads every probe once. Blocks for as long as the kernel files take, well under a millisecond each.
    public func sample() -> Round {
        var values: [String: Double] = [:]
        for probe in probes { values.merge(probe.read()) { _, new in new } }
        let round = Round(time: (MonotonicClock.now() - start) / .seconds(1), values: values)
        rounds.withLock { $0.append(round) }
        return round
    }

    /// Mean of every metric over the rounds in a stretch of time.
    public func means(from begin: Double, to end: Double) -> [String: Double] {
        let slice = rounds.withLock { rounds in rounds.filter { $0.time >= begin && $0.time <= end } }
        var sums: [String: (sum: Double, count: Double)] = [:]
        for round in slice {
            for (name, value) in round.values {
                let entry = sums[name] ?? (0, 0)
                sums[name] = (entry.sum + value, entry.count + 1)
            }
        }
        return sums.mapValues { $0.sum / $0.count }
    }
}
