/// The samples of an OpenMetrics page (OpenMetrics 1.0, text format), as far as probes need them.
public struct OpenMetricsPage: Sendable {
    /// Value by name and labels, as they are written.
    private var samples: [String: Double] = [:]

    /// - Parameter prefixes: beginnings of the names to keep; a page has many that nobody asks for, ten times a second.
    public init(_ text: String, keeping prefixes: [String] = [""]) {
        let wanted = prefixes.map { Array($0.utf8) }
        for line in Array(text.utf8).split(separator: UInt8(ascii: "\n")) {
            guard line.first != UInt8(ascii: "#"), wanted.contains(where: { line.starts(with: $0) }) else { continue }
            // Labels may contain spaces, the value comes after the last brace or the first space.
            let brace = line.lastIndex(of: UInt8(ascii: "}")).map { line.index(after: $0) }
            guard let end = brace ?? line.firstIndex(of: UInt8(ascii: " ")) else { continue }
            let words = line[end...].split(separator: UInt8(ascii: " "))
            guard let word = words.first else { continue }
            samples[String(decoding: line[..<end], as: UTF8.self)] = Double(String(decoding: word, as: UTF8.self))
        }
    }

    /// A sample without labels.
    public func value(_ name: String) -> Double? { samples[name] }

    /// A sample with exactly one label.
    public func value(_ name: String, label: String, is value: String) -> Double? {
        samples["\(name){\(label)=\"\(value)\"}"]
    }

    /// What a counter, with whatever labels, has counted since an earlier page; nil when it is on neither page, or when
    /// it began anew.
    public func growth(of counter: String, since earlier: OpenMetricsPage) -> Double? {
        guard let now = sum(of: counter), let before = earlier.sum(of: counter), now >= before else { return nil }
        return now - before
    }

    private func sum(of counter: String) -> Double? {
        let values = samples.filter { $0.key == counter || $0.key.hasPrefix("\(counter){") }.values
        return values.isEmpty ? nil : values.reduce(0, +)
    }

    /// The quantile of what a histogram counted since an earlier page, interpolated within its bucket; nil when it
    /// counted nothing.
    public func quantile(_ quantile: Double, of histogram: String, since earlier: OpenMetricsPage) -> Double? {
        quantiles([quantile], of: histogram, since: earlier)[0]
    }

    /// Several quantiles at the cost of one.
    public func quantiles(_ quantiles: [Double], of histogram: String, since earlier: OpenMetricsPage) -> [Double?] {
        let buckets = deltas(of: histogram, since: earlier)
        return quantiles.map { quantile(of: buckets, at: $0) }
    }

    private func quantile(of buckets: [(bound: Double, count: Double)], at quantile: Double) -> Double? {
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
