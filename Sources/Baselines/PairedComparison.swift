import Statistics
import TextTables

/// Two services that were measured in turns, over all metrics.
public struct PairedComparison: Codable, Equatable, Sendable {
    public let first: String
    public let second: String
    public let metrics: [PairedMetric]

    /// The probability of any false alarm over all metrics, and that of calling one the same which changed by the floor.
    private static let significance = 0.05

    /// - Parameters:
    ///   - pairs: baselines of one turn each, the first service's and the second's.
    ///   - practicalFloor: the least change that counts, as a share of the first's.
    public init(
        _ first: String, _ second: String, pairs: [(first: Baseline, second: Baseline)], practicalFloor: Double = 0.1
    ) {
        self.first = first
        self.second = second
        let known = pairs.first?.first.metrics.map(\.metric) ?? []
        let differences = known.compactMap { metric in
            PairedDifferences(
                metric,
                pairs.compactMap { pair in
                    guard let first = pair.first.metric(metric.name)?.meanOfMedians,
                        let second = pair.second.metric(metric.name)?.meanOfMedians
                    else { return nil }
                    return (first, second)
                })
        }
        let adjusted = MultipleComparisons.holm(differences.map(\.pValue))
        metrics = zip(differences, adjusted).map {
            Self.judge($0, pValue: $1, among: differences.count, practicalFloor)
        }
    }

    private static func judge(
        _ differences: PairedDifferences, pValue: Double, among count: Int, _ practicalFloor: Double
    ) -> PairedMetric {
        let difference = differences.location
        let floor = max(practicalFloor * abs(differences.first), differences.metric.resolution)
        let isLarge = difference != 0 && abs(difference) >= floor
        let isWorse = (difference > 0) == (differences.metric.direction == .lowerIsBetter)
        let verdict: ComparisonVerdict =
            if isLarge, pValue <= significance {
                isWorse ? .slower : .faster
            } else if !isLarge, differences.isWithin(floor, at: significance) {
                .same
            } else {
                .cannotTell
            }
        let needed = differences.pairsNeeded(
            for: isLarge ? abs(difference) : floor - abs(difference),
            at: isLarge ? significance / Double(count) : 2 * significance)
        return PairedMetric(
            metric: differences.metric, first: differences.first, second: differences.second, difference: difference,
            floor: floor, pValue: pValue, verdict: verdict, pairs: differences.count,
            morePairsNeeded: verdict == .cannotTell ? needed.map { max($0 - differences.count, 1) } : 0)
    }

    public var isRegression: Bool { metrics.contains { $0.verdict == .slower } }

    /// A table, the slower metrics first, and what it comes to.
    public var lines: [String] {
        let sorted = VerdictWords.sorted(metrics, by: \.verdict)
        let rows = sorted.map { metric in
            let unit = metric.metric.unit
            return [
                metric.metric.name, unit.text(metric.first), unit.text(metric.second),
                metric.change.map(VerdictWords.change) ?? "-", Self.probability(metric.pValue),
                VerdictWords.text(metric.verdict, more: metric.morePairsNeeded, "pair"),
            ]
        }
        return TextTable([["metric", first, second, "change", "p", "verdict"]] + rows).lines
            + [VerdictWords.summary(metrics.map(\.verdict))]
    }

    private static func probability(_ value: Double) -> String {
        value < 0.001 ? "<0.001" : "\((value * 1000).rounded() / 1000)"
    }
}
