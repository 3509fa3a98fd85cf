import Statistics

/// Collects what the runs of a collection measure of one metric.
public struct MetricSamples: Sendable {
    public let metric: Metric
    public private(set) var runs: [RunPoint] = []
    private var measurements: [Double] = []
    /// Where they are counted elsewhere, in the buckets of a histogram.
    public var percentiles: Percentiles?

    public init(_ metric: Metric) {
        self.metric = metric
    }

    /// A run that measured each of many; one without any leaves no trace.
    public mutating func add(_ values: [Double]) {
        guard let summary = SampleSummary(values), let sorted = SortedSample(values) else { return }
        runs.append(RunPoint(median: sorted.median, mean: summary.mean, count: summary.count))
        measurements += values
    }

    /// A run that comes to one figure, such as a counter's growth in its window.
    public mutating func add(_ point: RunPoint) {
        runs.append(point)
    }

    /// Nil before the first run.
    /// - Parameter seed: of the bootstrap.
    public func record(seed: UInt64) -> MetricRecord? {
        let all = SortedSample(measurements).map {
            Percentiles(p50: $0.quantile(0.5), p95: $0.quantile(0.95), p99: $0.quantile(0.99))
        }
        return MetricRecord(metric, runs: runs, percentiles: percentiles ?? all, seed: seed)
    }
}
