import Events
import Foundation

/// A run in the formats of other systems, each written beside the run's reports.
public enum RunExport: String, CaseIterable, Sendable {
    /// Its figures as OpenMetrics text.
    case openmetrics
    /// Its curves as OpenMetrics text with times.
    case openmetricsSamples = "openmetrics-samples"
    /// A trace and its figures as OTLP/JSON.
    case otlp
    /// Annotations of Grafana.
    case grafana
    /// Commands that GitHub Actions turns into annotations; for standard output.
    case annotations

    /// Writes the export's files, each readable by its owner alone, and gives their paths; none for `annotations`.
    /// - Throws: `ReportError`.
    public func write(_ events: [RunEvent], to folder: String) throws -> [String] {
        let result = RunResult(events: events)
        var paths: [String] = []
        func put(_ data: Data, _ name: String) throws {
            let path = "\(folder)/\(name)"
            try PrivateFile(path: path).write(data)
            paths.append(path)
        }
        switch self {
        case .openmetrics: try put(Data(OpenMetricsText(result).figures.utf8), "openmetrics.txt")
        case .openmetricsSamples:
            let samples = SampleTable(events, wanted: ChartCatalogue.shows)
            try put(Data(OpenMetricsText(result).curves(samples).utf8), "openmetrics-samples.txt")
        case .otlp:
            try put(ReportWriter.json(OTLPTraces(result)), "otlp-traces.json")
            try put(ReportWriter.json(OTLPMetrics(result)), "otlp-metrics.json")
        case .grafana: try put(ReportWriter.json(GrafanaAnnotation.all(result)), "grafana-annotations.json")
        case .annotations: break
        }
        return paths
    }
}
