import Statistics
import Testing

/// What is said of a sample, against SciPy's and NumPy's values.
@Suite struct SampleTests {
    private let reference: Reference

    init() throws {
        reference = try Reference.load()
    }

    @Test func summariesAndQuantilesAgree() throws {
        for sample in reference.samples {
            let summary = try #require(SampleSummary(sample.values))
            #expect(agrees(summary.mean, sample.mean))
            #expect(agrees(summary.standardDeviation, sample.standardDeviation))
            #expect(summary.minimum == sample.values.min())
            #expect(summary.maximum == sample.values.max())
            let sorted = try #require(SortedSample(sample.values))
            #expect(agrees(sorted.medianAbsoluteDeviation, sample.medianAbsoluteDeviation))
            for quantile in sample.quantiles {
                #expect(agrees(sorted.quantile(quantile.x[0]), quantile.y), "quantile \(quantile.x[0])")
            }
        }
    }

    @Test func outliersAreFlaggedAndKept() throws {
        for sample in reference.samples {
            let scores = Outliers.scores(of: sample.values)
            #expect(zip(scores, sample.outlierScores).allSatisfy { abs($0 - $1) < 1e-9 })
            #expect(scores.count == sample.values.count)
        }
        #expect(Outliers.positions(in: [10, 11, 10, 9, 10.5, 50, 10]) == [5])
        #expect(Outliers.positions(in: [4, 4, 4, 4, 4, 4, 9, 4]) == [6])
        #expect(Outliers.positions(in: [4, 4, 4]) == [])
        #expect(Outliers.positions(in: [10, 11, 10, 9, 10.5, 12, 10]) == [])
    }

    @Test func autocorrelationAgrees() throws {
        for sample in reference.samples {
            let series = try #require(Autocorrelation(sample.values, lags: 3))
            #expect(agrees(series.coefficients, sample.ljungBox.coefficients, within: 1e-9))
            #expect(agrees(series.ljungBox.statistic, sample.ljungBox.statistic, within: 1e-9))
            #expect(agrees(series.ljungBox.pValue, sample.ljungBox.pValue, within: 1e-9))
        }
    }

    @Test func aSeriesThatDriftsIsNotIndependent() throws {
        let drift = try #require(Autocorrelation((0..<20).map { Double($0) }, lags: 3))
        #expect(!drift.looksIndependent)
        #expect(drift.effectiveCount < 5)
        let independent = try #require(Autocorrelation(NormalValues(seed: 3).next(40), lags: 3))
        #expect(independent.looksIndependent)
        #expect(independent.effectiveCount == 40)
    }

    @Test func whatSaysNothingIsNil() {
        #expect(SampleSummary([]) == nil)
        #expect(SortedSample([]) == nil)
        #expect(Autocorrelation([1, 1, 1, 1], lags: 2) == nil)
        #expect(Autocorrelation([1, 2], lags: 1) == nil)
        #expect(SampleSummary([5])?.standardDeviation == 0)
    }
}
