import Foundation

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
            text += "# HELP \(name) \(OpenMetricsLine.escape(gauge.help))\n# TYPE \(name) gauge\n"
            if let unit = OpenMetricsText.unit(gauge.unit) { text += "# UNIT \(name) \(unit)\n" }
            for point in gauge.points {
                text += "\(OpenMetricsLine(name: name, labels: labels(point.labels), value: point.value))"
            }
        }
        return text + "# EOF\n"
    }

    /// The curves that the run's page draws, in full resolution, each sample with its time: for backfilling with
    /// `promtool tsdb create-blocks-from openmetrics`.
    func curves(_ samples: SampleTable) -> String {
        let clock = WallClock(result)
        var text = ""
        var family: String?
        for curve in samples.names.map(SampleName.init).sorted() {
            if curve.name != family {
                family = curve.name
                text += "# HELP \(curve.name) \(curve.metric) as conditions have it, in base units.\n"
                text += "# TYPE \(curve.name) gauge\n"
            }
            let labels = labels(curve.labels)
            for point in samples[curve.metric] {
                let line = OpenMetricsLine(
                    name: curve.name, labels: labels, value: point.value, time: clock.decimal(point.time))
                text += "\(line)"
            }
        }
        return text + "# EOF\n"
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
        let own = [(name: "run", value: result.run), (name: "scenario", value: result.scenario)]
        return OpenMetricsLine.labels(own + further)
    }
}
