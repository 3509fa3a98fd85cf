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
    /// How many values the last round had: the next one has room for as many from the start.
    private let size = Atomic(0)
    private let rounds = Mutex<[Round]>([])

    /// - Parameter start: the run's zero on the monotonic clock.
    public init(probes: [any Probe], start: Duration) {
        self.probes = probes
        self.start = start
    }

    /// Reads every probe once. Blocks for as long as the kernel files take, well under a millisecond each.
    public func sample() -> Round {
        var values = [String: Double](minimumCapacity: size.load(ordering: .relaxed))
        for probe in probes { probe.read(into: &values) }
        size.store(values.count, ordering: .relaxed)
        let round = Round(time: (MonotonicClock.now() - start) / .seconds(1), values: values)
        rounds.withLock { $0.append(round) }
        return round
    }

    /// Mean of a metric over the rounds in a stretch of time; nil when it was not measured there.
    public func mean(of metric: String, from begin: Double, to end: Double) -> Double? {
        rounds.withLock { rounds in
            var sum = 0.0
            var count = 0.0
            // Latest first: what is asked for is mostly the last seconds of a long run.
            for round in rounds.reversed() {
                if round.time < begin { break }
                guard round.time <= end, let value = round.values[metric] else { continue }
                sum += value
                count += 1
            }
            return count > 0 ? sum / count : nil
        }
    }

    /// The highest value of a metric over the rounds in a stretch of time; nil when it was not measured there.
    public func peak(of metric: String, from begin: Double, to end: Double) -> Double? {
        rounds.withLock { rounds in
            rounds.lazy.filter { $0.time >= begin && $0.time <= end }.compactMap { $0.values[metric] }.max()
        }
    }
}
