import Histogram

/// Percentiles of some latencies. Exact for a window's worth of them; by HdrHistogram, to three significant digits,
/// for as many as a phase has.
struct LatencySummary {
    /// By metric name, in seconds; empty when there was none.
    let metrics: [String: Double]

    private static let percentiles = [("p50", 50.0), ("p90", 90), ("p95", 95), ("p99", 99), ("p999", 99.9)]
    /// A histogram costs some 25,000 counters to make and to walk, more than sorting this many numbers.
    private static let exactLimit = 4000

    /// - Parameter latencies: seconds, in any order.
    init(_ latencies: [Double]) {
        guard !latencies.isEmpty else {
            metrics = [:]
            return
        }
        metrics = latencies.count <= Self.exactLimit ? Self.exact(latencies) : Self.byHistogram(latencies)
    }

    private static func exact(_ latencies: [Double]) -> [String: Double] {
        let sorted = latencies.sorted()
        var values: [String: Double] = [:]
        for (name, percentile) in percentiles {
            // Nearest rank: the smallest value that so many percent do not exceed.
            let rank = Int((percentile / 100 * Double(sorted.count)).rounded(.up))
            values["latency.\(name)"] = sorted[max(0, rank - 1)]
        }
        values["latency.max"] = sorted[sorted.count - 1]
        values["latency.mean"] = sorted.reduce(0, +) / Double(sorted.count)
        return values
    }

    private static func byHistogram(_ latencies: [Double]) -> [String: Double] {
        // Microseconds up to 1 h.
        var histogram = Histogram<UInt32>(
            highestTrackableValue: 3_600_000_000, numberOfSignificantValueDigits: .three)
        for latency in latencies { histogram.record(UInt64(min(max(latency * 1e6, 0), 3.6e9))) }
        var values: [String: Double] = [:]
        for (name, percentile) in percentiles {
            values["latency.\(name)"] = Double(histogram.valueAtPercentile(percentile)) / 1e6
        }
        values["latency.max"] = Double(histogram.max) / 1e6
        values["latency.mean"] = histogram.mean / 1e6
        return values
    }
}
