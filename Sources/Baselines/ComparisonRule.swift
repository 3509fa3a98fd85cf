import Statistics

/// Whether a service became slower between two collections.
///
/// A metric's figure of each run is taken as one measurement: requests within a run share its moment and say little more
/// than one. The mean of the new runs is held against the interval that the old runs predict for it. A change counts when
/// it is outside, corrected by Holm's method over all metrics, and at least as large as a practical floor: the larger of a
/// tenth, the metric's resolution, and what whole collections on this machine were seen to differ by.
///
/// The model: a run's figure is the metric's true value, times a factor of the machine's state in that run, which all
/// metrics of the run may share and which may carry on into the next, times noise of its own. Drift from run to run is
/// then visible in the old runs and widens the interval; where it carries on, fewer runs count as independent. A shift
/// between the two collections that neither shows within itself, such as another neighbour on the machine, is not: only
/// the floor stands against it, which is why its noise is to be measured over several collections.
public struct ComparisonRule: Sendable {
    /// The probability of any false alarm over all metrics.
    public let significance: Double
    /// As a share of the old mean.
    public let practicalFloor: Double
    public let correction: Correction

    /// How the number of metrics is allowed for.
    public enum Correction: String, Sendable {
        case holm
        case bonferroni
        /// Not at all: for a single metric.
        case none
    }

    /// The probability of calling a metric the same though it changed by the floor.
    public static let sameSignificance = 0.05
    /// From so many new runs on their own spread counts too.
    private static let fewestForSpread = 5

    public init(significance: Double = 0.05, practicalFloor: Double = 0.1, correction: Correction = .holm) {
        precondition(significance > 0 && significance < 1, "a level of significance is above 0 and below 1")
        precondition(practicalFloor >= 0, "a floor is not below zero")
        self.significance = significance
        self.practicalFloor = practicalFloor
        self.correction = correction
    }

    /// Compares what both collections have; the order is that of the old one.
    ///
    /// A metric needs two old runs and one new one; others are left out.
    public func compare(_ old: [RunFigures], with new: [RunFigures]) -> [MetricComparison] {
        let newer = Dictionary(new.map { ($0.metric, $0) }) { first, _ in first }
        let differences = old.compactMap { figures in
            newer[figures.metric].flatMap { Difference(figures, $0, fewestForSpread: Self.fewestForSpread) }
        }
        let adjusted = adjust(differences.map(\.pValue))
        return zip(differences, adjusted).map { comparison(of: $0, pValue: $1, among: differences.count) }
    }

    private func adjust(_ pValues: [Double]) -> [Double] {
        switch correction {
        case .holm: MultipleComparisons.holm(pValues)
        case .bonferroni: MultipleComparisons.bonferroni(pValues)
        case .none: pValues
        }
    }

    private func comparison(of difference: Difference, pValue: Double, among count: Int) -> MetricComparison {
        let old = difference.old
        let floor = max(
            max(practicalFloor, difference.noise) * abs(old.mean), difference.figures.resolution)
        // At a floor of zero no change is none.
        let isLarge = difference.value != 0 && abs(difference.value) >= floor
        let isWorse = (difference.value > 0) == (difference.figures.direction == .lowerIsBetter)
        let verdict: ComparisonVerdict =
            if isLarge, pValue <= significance {
                isWorse ? .slower : .faster
            } else if !isLarge, difference.probability(beyond: floor) <= Self.sameSignificance {
                .same
            } else {
                .cannotTell
            }
        let single = correction == .none ? significance : significance / Double(count)
        let reach = difference.distribution.quantile(1 - single / 2) * difference.standardError
        return MetricComparison(
            metric: difference.figures.metric, old: old, new: difference.new,
            expected: Interval(lower: old.mean - reach, upper: old.mean + reach, level: 1 - single), floor: floor,
            pValue: pValue, verdict: verdict, standardDeviation: difference.standardDeviation, significance: single,
            runs: (Int(difference.oldRuns), Int(difference.newRuns)))
    }
}
