@testable import Baselines
import SeededRandom
import Statistics
import Testing

/// Two services measured in turns on a machine whose speed drifts from pair to pair.
struct PairedComparisonTests {
    private static let metrics = (0..<40).map {
        Metric("m\($0)", .seconds, resolution: 1e-6, about: "the time of something")
    }

    /// - Parameters:
    ///   - drift: of the machine between pairs, as a share; both turns of a pair share it.
    ///   - slowdown: of the second service in the first metric.
    private func comparison(
        pairs: Int, drift: Double, noise: Double = 0.02, slowdown: Double = 1, seed: UInt64
    ) -> PairedComparison {
        var generator = SeededGenerator(seed: seed)
        func normal() -> Double {
            // Twelve uniform numbers make one that is near enough to normal.
            (0..<12).reduce(-6) { sum, _ in sum + Double.random(in: 0..<1, using: &generator) }
        }
        func turn(_ machine: Double, _ factor: (Int) -> Double) -> Baseline {
            let records = Self.metrics.enumerated().compactMap { index, metric in
                let value = 0.01 * machine * factor(index) * (1 + noise * normal())
                return MetricRecord(
                    metric, runs: [RunPoint(median: value, mean: value, count: 10)], percentiles: nil, seed: 1)
            }
            return Baseline(
                name: "turn", scenario: "s", savedAt: "", seconds: 1,
                settings: CollectionSettings(runs: 2, window: 1, collections: 1, seed: 1), environment: [:],
                metrics: records, notMeasured: [])
        }
        let all = (0..<pairs).map { _ in
            let machine = 1 + drift * normal()
            return (first: turn(machine) { _ in 1 }, second: turn(machine) { $0 == 0 ? slowdown : 1 })
        }
        return PairedComparison("a", "b", pairs: all)
    }

    @Test func aSlowdownIsFoundThoughTheMachineDrifts() throws {
        var found = 0
        for seed in 0..<100 {
            let comparison = comparison(pairs: 12, drift: 0.15, slowdown: 1.3, seed: UInt64(seed))
            found += comparison.metrics[0].verdict == .slower ? 1 : 0
        }
        #expect(found >= 97, "\(found) of 100")
        let once = comparison(pairs: 12, drift: 0.15, slowdown: 1.3, seed: 7)
        #expect(once.isRegression)
        #expect(once.lines[1].hasPrefix("m0") && once.lines[1].hasSuffix("slower"), "\(once.lines[1])")
        #expect(abs((once.metrics[0].change ?? 0) - 0.3) < 0.1)
        let faster = comparison(pairs: 12, drift: 0.15, slowdown: 0.7, seed: 7)
        #expect(!faster.isRegression && faster.metrics[0].verdict == .faster)
    }

    /// The probability of any false alarm over all 40 metrics stays below 5 %.
    @Test func whatIsEqualRaisesNoAlarm() {
        var alarms = 0
        var same = 0
        for seed in 0..<300 {
            let comparison = comparison(pairs: 12, drift: 0.15, seed: 1000 + UInt64(seed))
            alarms += comparison.metrics.contains { [.slower, .faster].contains($0.verdict) } ? 1 : 0
            same += comparison.metrics.count { $0.verdict == .same }
        }
        #expect(alarms <= 18, "\(alarms) of 300")
        #expect(same > 300 * 36, "\(same) of 12,000")
    }

    /// Five pairs that all point one way are no more unlikely than 1 in 16, and there are forty metrics.
    @Test func tooFewPairsTellNothing() throws {
        let few = comparison(pairs: 5, drift: 0, slowdown: 1.3, seed: 3).metrics[0]
        #expect(few.verdict == .cannotTell)
        #expect(few.morePairsNeeded == 6)
        let lines = comparison(pairs: 5, drift: 0, slowdown: 1.3, seed: 3).lines
        #expect(lines.contains { $0.hasPrefix("m0") && $0.hasSuffix("cannot tell, need 6 more pairs") }, "\(lines)")
    }

    @Test func higherCanBeBetter() throws {
        let metric = Metric("throughput", .perSecond, .higherIsBetter, resolution: 0.1, about: "")
        func baseline(_ value: Double) throws -> Baseline {
            let record = MetricRecord(
                metric, runs: [RunPoint(median: value, mean: value, count: 1)], percentiles: nil, seed: 1)
            return Baseline(
                name: "turn", scenario: "s", savedAt: "", seconds: 1,
                settings: CollectionSettings(runs: 2, window: 1, collections: 1, seed: 1), environment: [:],
                metrics: [try #require(record)], notMeasured: [])
        }
        let pairs = try (0..<12).map { (try baseline(100 + Double($0)), try baseline(60 + Double($0))) }
        let comparison = PairedComparison("a", "b", pairs: pairs)
        #expect(comparison.metrics.map(\.verdict) == [.slower])
    }
}
