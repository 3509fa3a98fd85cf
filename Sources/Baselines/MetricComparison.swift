import Statistics

/// A metric in two collections.
public struct MetricComparison: Equatable, Sendable {
    public let metric: String
    public let old: SampleSummary
    public let new: SampleSummary
    /// Where the mean of the new runs was to be expected, corrected for the number of metrics.
    public let expected: Interval
    /// The least change that counts, in the metric's unit.
    public let floor: Double
    /// Corrected for the number of metrics.
    public let pValue: Double
    public let verdict: ComparisonVerdict
    /// Between runs, as the comparison took it.
    let standardDeviation: Double
    /// Two-sided level for one metric.
    let significance: Double
    /// Independent old runs and independent new ones.
    let runs: (old: Int, new: Int)

    public static func == (left: MetricComparison, right: MetricComparison) -> Bool {
        left.metric == right.metric && left.old == right.old && left.new == right.new
            && left.expected == right.expected && left.floor == right.floor && left.pValue == right.pValue
            && left.verdict == right.verdict
    }

    /// In the metric's unit.
    public var difference: Double { new.mean - old.mean }

    /// As a share of the old mean; nil for a mean of zero.
    public var change: Double? { old.mean == 0 ? nil : difference / abs(old.mean) }

    /// How many more runs, in each collection, settle with a probability of 80 % what cannot be told, if the means stay
    /// where they are. Nil when no thousand runs would.
    public var moreRunsNeeded: Int? {
        guard verdict == .cannotTell else { return 0 }
        let isLarge = abs(difference) >= floor
        let gap = isLarge ? abs(difference) : floor - abs(difference)
        guard gap > 0 else { return nil }
        guard standardDeviation > 0 else { return 1 }
        let power = DifferencePower(
            difference: gap, standardDeviation: standardDeviation,
            significance: isLarge ? significance : 2 * ComparisonRule.sameSignificance)
        guard let needed = power.runsNeeded() else { return nil }
        return max(needed - min(runs.old, runs.new), 1)
    }
}
