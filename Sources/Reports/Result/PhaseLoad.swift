import Events

/// What load and service did in one phase, from its samples.
public struct PhaseLoad: Codable, Hashable, Sendable {
    public var phase: PhaseChange.Phase
    public var samples: Int
    /// By metric: latencies in seconds, rates of errors as fractions, throughput per second.
    public var metrics: [String: Spread]
    /// Over all requests of the phase at once; absent in what older versions wrote and in runs without an end.
    public var whole: Whole?

    /// How many transactions reached a PostgreSQL for each request of the load, by target, over all seconds in which both
    /// are known: with the baseline's, how much retries made of the load. Absent where nothing counts them.
    public var transactionsPerRequest: [String: Double]?

    /// Share of the requests that failed, 0 to 1: of all where they were counted, else the mean over the samples. Nil
    /// when neither is known.
    public var errorShare: Double? {
        guard let whole, whole.requests > 0 else { return metrics["errors.rate"]?.mean }
        return Double(whole.errors.values.reduce(0, +)) / Double(whole.requests)
    }

    /// Of all requests of the phase where they were counted, else the usual second's. Nil when neither is known.
    /// - Parameter name: `p50`, `p95` or `p99`.
    func latency(_ name: String) -> Double? {
        whole?.latency[name] ?? metrics["latency.\(name)"]?.median
    }

    /// Good answers a second: over the whole phase where they were counted, else the mean of the samples. Nil when
    /// neither is known.
    /// - Parameter seconds: how long the phase was.
    func throughput(over seconds: Double?) -> Double? {
        guard let whole, let seconds, seconds > 0 else { return metrics["throughput"]?.mean }
        return Double(whole.requests - whole.errors.values.reduce(0, +)) / seconds
    }

    /// All requests of a phase.
    public struct Whole: Codable, Hashable, Sendable {
        public var requests: Int
        /// `p50` to `p999`, `max` and `mean` in seconds.
        public var latency: [String: Double]
        /// By class of error, with its SQLSTATE where one came, such as `sql.57P01`.
        public var errors: [String: Int]

        init(_ figures: LoadFigures) {
            requests = figures.requests
            latency = figures.latency.filter(\.value.isFinite)
            errors = figures.errors
        }
    }

    /// The values that one metric took over the samples. Each sample covers the last second before it, so the highest
    /// `latency.p99` is that of the worst second, not the p99 of the whole phase.
    public struct Spread: Codable, Hashable, Sendable {
        public var lowest: Double
        public var median: Double
        public var mean: Double
        public var highest: Double

        /// Nil when there are no values.
        init?(_ values: [Double]) {
            let sorted = values.sorted()
            guard let first = sorted.first, let last = sorted.last else { return nil }
            let middle = sorted.count / 2
            lowest = first
            highest = last
            median = sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
            mean = sorted.reduce(0, +) / Double(sorted.count)
        }
    }

    /// The metrics that are summed up.
    static let metricNames = [
        "latency.p50", "latency.p90", "latency.p95", "latency.p99", "latency.p999", "latency.max", "throughput",
        "arrivals", "errors.rate", "service.attempts.perRequest",
    ]
}
