/// The samples of an OpenMetrics page (OpenMetrics 1.0, text format), as far as probes need them.
public struct OpenMetricsPage: Sendable {
    /// Value by name and labels, as they are written.
    private var samples: [Substring: Double] = [:]

    public init(_ text: String) {
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            // Labels may contain spaces, the value comes after the last brace or the first space.
            let end = line.lastIndex(of: "}").map { line.index(after: $0) } ?? line.firstIndex(of: " ") ?? line.endIndex
            let words = line[end...].split(separator: " ")
            guard let word = words.first else { continue }
            samples[line[..<end]] = Double(word)
        }
    }

    /// A sample without labels.
    public func value(_ name: String) -> Double? { samples[name[...]] }

    /// A sample with exactly one label.
    public func value(_ name: String, label: String, is value: String) -> Double? {
        samples["\(name){\(label)=\"\(value)\"}"[...]]
    }

    /// The quantile of what a histogram counted since an earlier page, interpolated within its bucket; nil when it
    /// counted nothing.
    public func quantile(_ quantile: Double, of histogram: String, since earlier: OpenMetricsPage) -> Double? {
        let buckets = deltas(of: histogram, since: earlier)
        guard let total = buckets.last?.count, total > 0 else { return nil }
        let rank = quantile * total
        var lower = (bound: 0.0, count: 0.0)
        for bucket in buckets {
            if bucket.count >= rank {
                // The last bucket has no upper bound; its lower one is all that is known.
                guard bucket.bound.isFinite else { return lower.bound }
                let share = bucket.count > lower.count ? (rank - lower.count) / (bucket.count - lower.count) : 1
                return lower.bound + (bucket.bound - lower.bound) * share
            }
            lower = bucket
        }
        return lower.bound
    }

    private func deltas(of histogram: String, since earlier: OpenMetricsPage) -> [(bound: Double, count: Double)] {
        let prefix = "\(histogram)_bucket{le=\""
        var buckets: [(bound: Double, count: Double)] = []
        for (name, count) in samples where name.hasPrefix(prefix) {
            let text = name.dropFirst(prefix.count).prefix { $0 != "\"" }
            let bound = text == "+Inf" ? Double.infinity : Double(text) ?? .nan
            buckets.append((bound, count - (earlier.samples[name] ?? 0)))
        }
        return buckets.filter { !$0.bound.isNaN }.sorted { $0.bound < $1.bound }
    }
}
