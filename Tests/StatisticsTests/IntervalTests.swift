import Statistics
import Testing

/// Intervals against SciPy's values.
@Suite struct IntervalTests {
    private let reference: Reference

    init() throws {
        reference = try Reference.load()
    }

    @Test func studentTAndPredictionAgree() throws {
        for sample in reference.samples {
            #expect(agrees(ends(.studentT(meanOf: sample.values, level: 0.95)), sample.studentT95, within: 1e-9))
            #expect(agrees(ends(.studentT(meanOf: sample.values, level: 0.99)), sample.studentT99, within: 1e-9))
            let next = Interval.prediction(ofMeanOf: 1, from: sample.values, level: 0.95)
            #expect(agrees(ends(next), sample.prediction95of1, within: 1e-9))
            let five = Interval.prediction(ofMeanOf: 5, from: sample.values, level: 0.95)
            #expect(agrees(ends(five), sample.prediction95of5, within: 1e-9))
        }
    }

    /// Drawn by the same generator on both sides, so that the resamples are the same too.
    @Test func bootstrapAgrees() throws {
        #expect(reference.bootstraps.count >= 8)
        for one in reference.bootstraps {
            let interval = Interval.bootstrapT(meanOf: one.values, level: one.level, resamples: 500, seed: one.seed)
            #expect(agrees(ends(interval), one.interval, within: 1e-9))
        }
    }

    @Test func wilsonAgrees() {
        for one in reference.wilson {
            let interval = Interval.wilson(successes: one.successes, of: one.trials, level: one.level)
            #expect(agrees(ends(interval), one.interval), "\(one.successes) of \(one.trials)")
        }
    }

    @Test func whatSaysNothingIsNil() {
        #expect(Interval.studentT(meanOf: [1], level: 0.95) == nil)
        #expect(Interval.bootstrapT(meanOf: [1, 2, 3, 4], level: 0.95, seed: 1) == nil)
        #expect(Interval.wilson(successes: 0, of: 0, level: 0.95) == nil)
        #expect(Interval.wilson(successes: 3, of: 2, level: 0.95) == nil)
        #expect(Interval.prediction(ofMeanOf: 3, from: [1], level: 0.95) == nil)
    }

    @Test func aSampleThatDoesNotVaryHasAnIntervalOfNoWidth() {
        let interval = Interval.bootstrapT(meanOf: [7, 7, 7, 7, 7], level: 0.95, seed: 1)
        #expect(interval == Interval(lower: 7, upper: 7, level: 0.95))
    }

    private func ends(_ interval: Interval?) -> [Double] {
        interval.map { [$0.lower, $0.upper] } ?? []
    }
}
