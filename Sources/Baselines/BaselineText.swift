import TextTables

/// A baseline for a terminal.
public struct BaselineText {
    private let baseline: Baseline

    public init(_ baseline: Baseline) {
        self.baseline = baseline
    }

    public var lines: [String] {
        let settings = baseline.settings
        let head = [
            "\(baseline.name): \(baseline.metrics.count) metrics of \(baseline.scenario), "
                + "\(settings.runs) runs of \(MetricUnit.seconds.text(settings.window)) each, saved \(baseline.savedAt), "
                + "took \(MetricUnit.seconds.text(baseline.seconds))",
            "fingerprint \(baseline.fingerprint): "
                + baseline.environment.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
                .joined(separator: ", "),
        ]
        let missing = baseline.notMeasured.map { "not measured: \($0.name): \($0.reason)" }
        return head + table + notes + missing
    }

    private var table: [String] {
        let hasSpread = baseline.metrics.contains { $0.reproducibility != nil }
        let rows = baseline.metrics.map { record -> [String] in
            let unit = record.metric.unit
            var row = [
                record.metric.name, "\(record.runs.count)", unit.text(record.mean), unit.text(record.standardDeviation),
                record.studentT.first.map { "\(unit.text($0.lower)) to \(unit.text($0.upper))" } ?? "-",
            ]
            row += [record.percentiles?.p50, record.percentiles?.p95, record.percentiles?.p99].map {
                $0.map(unit.text) ?? "-"
            }
            if hasSpread {
                row.append(record.reproducibility.map { MetricUnit.share.text($0.relativeSpread) } ?? "-")
            }
            return row
        }
        var header = ["metric", "runs", "mean", "sd", "95 % interval", "p50", "p95", "p99"]
        if hasSpread { header.append("spread") }
        return TextTable([header] + rows).lines
    }

    private var notes: [String] {
        let far = baseline.metrics.filter { !$0.outliers.isEmpty }.map { record in
            let runs = record.outliers.map { "\($0 + 1)" }.joined(separator: ", ")
            return "outlier, kept: \(record.metric.name) in run \(runs)"
        }
        let drifting = baseline.metrics.filter(\.drifts).map(\.metric.name)
        guard !drifting.isEmpty else { return far }
        return far + ["runs that depend on those before: \(drifting.joined(separator: ", "))"]
    }
}
