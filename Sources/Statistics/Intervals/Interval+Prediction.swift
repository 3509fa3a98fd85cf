extension Interval {
    /// Where the mean of new values will lie, given old ones from the same source.
    ///
    /// Wider than the confidence interval of the old mean, because the new mean varies too: t s √(1/n + 1/m).
    /// Nil for fewer than two old values.
    /// - Parameters:
    ///   - count: how many new values, at least one.
    ///   - level: confidence, above 0 and below 1.
    public static func prediction(ofMeanOf count: Int, from old: [Double], level: Double) -> Interval? {
        precondition(count >= 1, "a mean is of at least one value")
        guard let summary = SampleSummary(old), summary.count >= 2 else { return nil }
        let t = StudentTDistribution(degreesOfFreedom: Double(summary.count - 1)).quantile((1 + level) / 2)
        let width = (1 / Double(summary.count) + 1 / Double(count)).squareRoot()
        return Interval(about: summary.mean, halfWidth: t * summary.standardDeviation * width, level: level)
    }
}
