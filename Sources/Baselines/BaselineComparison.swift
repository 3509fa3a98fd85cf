import TextTables

/// A baseline against another, or against what a run measured.
public struct BaselineComparison: Sendable {
    public let metrics: [MetricComparison]
    /// Why its verdicts are to be taken with care; then they gate nothing.
    public let warnings: [String]
    private let units: [String: MetricUnit]

    /// - Parameters:
    ///   - figures: what is held against the baseline.
    ///   - environment: of the machine on which those were measured.
    public init(
        _ baseline: Baseline, with figures: [RunFigures], environment: [String: String],
        rule: ComparisonRule = ComparisonRule()
    ) {
        metrics = rule.compare(baseline.figures, with: figures)
        let differences = Fingerprint.differences(baseline.environment, environment)
        warnings =
            differences.isEmpty
            ? []
            : ["\(baseline.name) was measured on another machine: \(differences.joined(separator: "; "))"]
        units = Dictionary(baseline.metrics.map { ($0.metric.name, $0.metric.unit) }) { first, _ in first }
    }

    public init(_ old: Baseline, with new: Baseline, rule: ComparisonRule = ComparisonRule()) {
        self.init(old, with: new.figures, environment: new.environment, rule: rule)
    }

    public func count(_ verdict: ComparisonVerdict) -> Int { metrics.count { $0.verdict == verdict } }

    /// Whether a metric became slower and nothing speaks against counting it.
    public var isRegression: Bool { warnings.isEmpty && count(.slower) > 0 }

    /// A table, the slower metrics first, and what it comes to.
    public var lines: [String] {
        let sorted = VerdictWords.sorted(metrics, by: \.verdict)
        let rows = sorted.map { metric -> [String] in
            let unit = units[metric.metric] ?? .count
            return [
                metric.metric, unit.text(metric.old.mean), unit.text(metric.new.mean),
                metric.change.map(VerdictWords.change) ?? "-",
                "\(unit.text(metric.expected.lower)) to \(unit.text(metric.expected.upper))",
                VerdictWords.text(metric.verdict, more: metric.moreRunsNeeded, "run"),
            ]
        }
        return TextTable([["metric", "before", "now", "change", "expected", "verdict"]] + rows).lines
            + [VerdictWords.summary(metrics.map(\.verdict))] + warnings.map { "warning: \($0)" }
    }
}
