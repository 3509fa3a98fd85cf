extension Interval {
    /// Of a proportion, by Wilson's score (JASA 22, 1927), which keeps its coverage for few trials and near 0 and 1
    /// (Brown, Cai and DasGupta, Statistical Science 16, 2001).
    /// Nil without a trial.
    /// - Parameters:
    ///   - successes: from 0 to the number of trials.
    ///   - level: confidence, above 0 and below 1.
    public static func wilson(successes: Int, of trials: Int, level: Double) -> Interval? {
        guard trials > 0, (0...trials).contains(successes) else { return nil }
        let n = Double(trials)
        let share = Double(successes) / n
        let z = NormalDistribution.quantile((1 + level) / 2)
        let weight = 1 + z * z / n
        let center = (share + z * z / (2 * n)) / weight
        let halfWidth = z * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot() / weight
        return Interval(
            lower: successes == 0 ? 0 : max(center - halfWidth, 0),
            upper: successes == trials ? 1 : min(center + halfWidth, 1), level: level)
    }
}
