extension Interval {
    /// Of the mean behind a sample, by Student's t.
    /// Nil for fewer than two values.
    /// - Parameter level: confidence, above 0 and below 1.
    public static func studentT(meanOf values: [Double], level: Double) -> Interval? {
        guard let summary = SampleSummary(values), summary.count >= 2 else { return nil }
        let t = StudentTDistribution(degreesOfFreedom: Double(summary.count - 1)).quantile((1 + level) / 2)
        return Interval(about: summary.mean, halfWidth: t * summary.standardError, level: level)
    }
}
