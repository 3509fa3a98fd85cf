import Statistics

/// A metric of a baseline: what each run came to, and what can be said of all of them.
public struct MetricRecord: Equatable, Codable, Sendable {
    public let metric: Metric
    /// In the order in which they were made.
    public let runs: [RunPoint]

    // Over the means of the runs.
    public let mean: Double
    public let standardDeviation: Double
    public let minimum: Double
    public let maximum: Double
    /// Of all measurements of all runs; nil where a run measures one thing only.
    public let percentiles: Percentiles?
    /// Student's t at 95 and 99 %, then the bootstrap-t; those that the runs allow.
    public let studentT: [Interval]
    public let bootstrap: [Interval]
    /// Positions of runs that lie far out. They are kept in all figures.
    public let outliers: [Int]
    /// From a run to the next; nil for runs that do not vary.
    public let autocorrelation: Double?
    /// The probability of such autocorrelation were the runs independent (Ljung-Box); nil as above.
    public let independence: Double?
    /// Between whole collections, where there were several.
    public var reproducibility: Reproducibility?

    /// Nil without a run.
    /// - Parameter seed: of the bootstrap.
    public init?(_ metric: Metric, runs: [RunPoint], percentiles: Percentiles?, seed: UInt64) {
        let means = runs.map(\.mean)
        guard let summary = SampleSummary(means) else { return nil }
        self.metric = metric
        self.runs = runs
        self.percentiles = percentiles
        mean = summary.mean
        standardDeviation = summary.standardDeviation
        minimum = summary.minimum
        maximum = summary.maximum
        let levels = [0.95, 0.99]
        studentT = levels.compactMap { Interval.studentT(meanOf: means, level: $0) }
        bootstrap = levels.compactMap { Interval.bootstrapT(meanOf: means, level: $0, seed: seed) }
        outliers = Outliers.positions(in: means)
        let series = Autocorrelation(means, lags: max(min(3, runs.count / 3), 1))
        autocorrelation = series?.lagOne
        independence = series?.ljungBox.pValue
    }

    /// What a comparison compares.
    public var meanOfMedians: Double { runs.reduce(0) { $0 + $1.median } / Double(runs.count) }

    /// As the comparison takes it: the medians of the runs.
    public var figures: RunFigures {
        RunFigures(
            metric: metric.name, values: runs.map(\.median), direction: metric.direction,
            resolution: metric.resolution, noise: reproducibility?.noise)
    }

    /// Whether the runs depend on each other more than chance explains, at 5 %.
    public var drifts: Bool { (independence ?? 1) < 0.05 }
}
