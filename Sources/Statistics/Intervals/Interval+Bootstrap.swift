import SeededRandom

extension Interval {
    /// Of the mean behind a sample, by the bootstrap-t (percentile-t): the sample is drawn anew from itself, and the
    /// quantiles of the drawn t statistics take the place of Student's.
    ///
    /// Chosen because it covers at ten values, where the percentile interval and the BCa cover 90 to 92 % of the time
    /// instead of 95, and because it follows skew, where Student's t covers too little: Hesterberg, What Teachers Should
    /// Know About the Bootstrap (American Statistician 69, 2015); Efron and Tibshirani, An Introduction to the Bootstrap
    /// (1993), chapter 12.
    ///
    /// Nil for fewer than five values, and when so many of them are equal that the interval has no end.
    /// - Parameters:
    ///   - level: confidence, above 0 and below 1.
    ///   - resamples: at least 100; 2,000 place the ends of a 99 % interval well enough.
    ///   - seed: the same seed and sample give the same interval.
    public static func bootstrapT(meanOf values: [Double], level: Double, resamples: Int = 2_000, seed: UInt64)
        -> Interval?
    {
        precondition(resamples >= 100, "fewer than 100 resamples place no quantile")
        guard values.count >= 5, let summary = SampleSummary(values) else { return nil }
        guard summary.standardDeviation > 0 else {
            return Interval(lower: summary.mean, upper: summary.mean, level: level)
        }
        var draws = Resamples(of: values, seed: seed)
        let statistics = (0..<resamples).map { _ in draws.next(about: summary.mean) }
        guard let sorted = SortedSample(statistics) else { return nil }
        let low = sorted.quantile((1 - level) / 2)
        let high = sorted.quantile((1 + level) / 2)
        guard low.isFinite, high.isFinite else { return nil }
        return Interval(
            lower: summary.mean - high * summary.standardError, upper: summary.mean - low * summary.standardError,
            level: level)
    }
}
