import SeededRandom
import Statistics
import Testing

/// A 95 % interval holds what it is for 93 to 97 % of the time. Each simulation prints its seed and what it found.
@Suite struct CoverageTests {
    private static let cases = 2_000

    @Test func studentT() {
        check("Student's t, normal, n = 10", seed: 101) { values in
            let sample = (0..<10).map { _ in 50 + 4 * values.next() }
            return Interval.studentT(meanOf: sample, level: 0.95)?.contains(50)
        }
    }

    @Test func bootstrapTOfNormalValues() {
        var seeds = SeededGenerator(seed: 7)
        check("bootstrap-t, normal, n = 10", seed: 102) { values in
            let sample = (0..<10).map { _ in 50 + 4 * values.next() }
            return Interval.bootstrapT(meanOf: sample, level: 0.95, resamples: 999, seed: seeds.next())?.contains(50)
        }
    }

    /// Where Student's t covers too little, because run times lean to one side.
    @Test func bootstrapTOfSkewedValues() {
        var seeds = SeededGenerator(seed: 8)
        check("bootstrap-t, exponential, n = 15", seed: 103) { values in
            let sample = (0..<15).map { _ in values.exponential() }
            return Interval.bootstrapT(meanOf: sample, level: 0.95, resamples: 999, seed: seeds.next())?.contains(1)
        }
    }

    @Test func wilson() {
        check("Wilson, proportions from 0.05 to 0.95, n = 50", seed: 104) { values in
            let share = 0.05 + 0.9 * values.uniform()
            let successes = (0..<50).count { _ in values.uniform() < share }
            return Interval.wilson(successes: successes, of: 50, level: 0.95)?.contains(share)
        }
    }

    @Test(arguments: [1, 3, 10]) func prediction(of count: Int) {
        check("prediction of the mean of \(count), n = 10", seed: 105) { values in
            let old = (0..<10).map { _ in 50 + 4 * values.next() }
            let new = (0..<count).reduce(0) { sum, _ in sum + 50 + 4 * values.next() } / Double(count)
            return Interval.prediction(ofMeanOf: count, from: old, level: 0.95)?.contains(new)
        }
    }

    /// The simulation can tell: a confidence interval is no prediction interval.
    @Test func aConfidenceIntervalDoesNotPredict() {
        let covered = coverage(seed: 106) { values in
            let old = (0..<10).map { _ in values.next() }
            return Interval.studentT(meanOf: old, level: 0.95)?.contains(values.next())
        }
        #expect(covered < 0.7)
    }

    private func check(_ what: String, seed: UInt64, _ isCovered: (inout NormalValues) -> Bool?) {
        let covered = coverage(seed: seed, isCovered)
        print("coverage: \(what): \(covered * 100) % of \(Self.cases), seed \(seed)")
        #expect((0.93...0.97).contains(covered), "\(what): \(covered * 100) %, seed \(seed)")
    }

    private func coverage(seed: UInt64, _ isCovered: (inout NormalValues) -> Bool?) -> Double {
        var values = NormalValues(seed: seed)
        return Double((0..<Self.cases).count { _ in isCovered(&values) == true }) / Double(Self.cases)
    }
}
