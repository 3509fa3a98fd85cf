import Statistics

/// A metric of two services that were measured in turns.
public struct PairedMetric: Codable, Equatable, Sendable {
    public let metric: Metric
    /// Medians of what each service's turns came to.
    public let first: Double
    public let second: Double
    /// By how much the second differs, in the metric's unit: the median of all means of two differences (Hodges and
    /// Lehmann, Annals of Mathematical Statistics 34, 1963).
    public let difference: Double
    /// The least difference that counts.
    public let floor: Double
    /// By Wilcoxon's signed-rank test, corrected for the number of metrics.
    public let pValue: Double
    public let verdict: ComparisonVerdict
    public let pairs: Int
    /// How many more pairs settle with a probability of 80 % what cannot be told; nil when no thousand would.
    public let morePairsNeeded: Int?

    /// As a share of the first; nil for a first of zero.
    public var change: Double? { first == 0 ? nil : difference / abs(first) }
}
