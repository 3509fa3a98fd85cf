import Foundation
import Scenarios

/// OpenMetrics 1.0 text of a run: its figures, or its curves with the time of each sample.
///
/// Types and names are chosen so that the older text format of Prometheus reads the figures as well.
struct OpenMetricsText {
    private let result: RunResult

    init(_ result: RunResult) {
        self.result = result
    }

    /// The figures, without times: for a text-file collector or a push gateway.
    var figures: String {
        var text = ""
        for gauge in RunGauge.all(result) {
            let name = OpenMetricsText.name(gauge)
            text += "# HELP \(name) \(OpenMetricsText.escape(gauge.help))\n# TYPE \(name) gauge\n"
            if let unit = OpenMetricsText.unit(gauge.unit) { text += "# UNIT \(name) \(unit)\n" }
            for point in gauge.points {
                text += "\(name)\(labels(point.labels)) \(OpenMetricsText.number(point.value))\n"
            }
        }
        return text + "# EOF\n"
    }

    /// The curves that the run's page draws, in full resolution, each sample with its time: for backfilling with
    /// `promtool tsdb create-blocks-from openmetrics`.
    func curves(_ samples: SampleTable) -> String {
        let clock = WallClock(result)
        let families = Dictionary(grouping: samples.names.map(Curve.init), by: \.name)
        var text = ""
        for (name, curves) in families.sorted(by: { $0.key < $1.key }) {
            text += "# HELP \(name) \(curves[0].metric) as conditions have it, in base units.\n# TYPE \(name) gauge\n"
            for curve in curves.sorted(by: { $0.metric < $1.metric }) {
                let labels = labels(curve.target.map { [("target", $0)] } ?? [])
                for point in samples[curve.metric] {
                    text += "\(name)\(labels) \(OpenMetricsText.number(point.value)) \(clock.decimal(point.time))\n"
                }
            }
        }
        return text + "# EOF\n"
    }

    /// A metric of the samples as a name of Prometheus.
    private struct Curve {
        let metric: String
        let target: String?
        let name: String

        init(_ metric: String) {
            self.metric = metric
            let known = MetricNames.global.contains(metric)
            let suffix = known ? nil : MetricNames.perTarget.first { metric.hasSuffix(".\($0)") }
            target = suffix.map { String(metric.dropLast($0.count + 1)) }
            var text = "brink_sample_"
            for character in suffix ?? metric {
                if character.isUppercase { text += "_" }
                text += character.isLetter || character.isNumber ? character.lowercased() : "_"
            }
            name = text
        }
    }

    private static func name(_ gauge: RunGauge) -> String {
        (["brink", "run"] + gauge.words + [unit(gauge.unit)].compactMap(\.self)).joined(separator: "_")
    }

    private static func unit(_ unit: RunGauge.Unit) -> String? {
        switch unit {
        case .seconds: "seconds"
        case .ratio: "ratio"
        case .none: nil
        }
    }

    private func labels(_ further: [(name: String, value: String)]) -> String {
        let all = [(name: "run", value: result.run), (name: "scenario", value: result.scenario)] + further
        return "{\(all.map { "\($0.name)=\"\(OpenMetricsText.escape($0.value))\"" }.joined(separator: ","))}"
    }

    /// Backslash, quote and line feed have a spelling of their own; other control characters are made visible.
    private static func escape(_ text: String) -> String {
        EscapedText(text, ["\\": "\\\\", "\"": "\\\"", "\n": "\\n"]).description
    }

    private static func number(_ value: Double) -> String {
        if let whole = Int64(exactly: value), abs(whole) < 1 << 53 { return "\(whole)" }
        return value.isNaN ? "NaN" : value.isInfinite ? (value > 0 ? "+Inf" : "-Inf") : "\(value)"
    }
}
