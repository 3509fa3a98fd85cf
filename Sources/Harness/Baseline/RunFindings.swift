import Baselines

/// What one run of a collection found.
struct RunFindings: Sendable {
    /// Each of many measurements, by metric.
    private(set) var measurements: [String: [Double]] = [:]
    /// What the window came to, by metric.
    private(set) var figures: [String: RunPoint] = [:]
    /// Why a metric could not be measured.
    private(set) var missing: [String: String] = [:]

    mutating func add(_ value: Double, to metric: String) {
        measurements[metric, default: []].append(value)
    }

    mutating func set(_ metric: String, _ value: Double, of count: Int) {
        figures[metric] = RunPoint(median: value, mean: value, count: count)
    }

    mutating func set(_ metric: String, median: Double, mean: Double, of count: Int) {
        figures[metric] = RunPoint(median: median, mean: mean, count: count)
    }

    mutating func lacks(_ metric: String, because reason: String) {
        missing[metric] = reason
    }
}
