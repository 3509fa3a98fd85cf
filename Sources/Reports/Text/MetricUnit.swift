import Foundation

/// The unit in which a metric is recorded, and how people read it.
enum MetricUnit: Hashable {
    case seconds
    /// 0 to 1, read as a percentage.
    case fraction
    /// 0 to 100, as the kernel gives pressure.
    case percent
    case bytes
    case perSecond
    case count

    /// The unit of a metric or of an operand such as `during(kill, errors.rate)`, from its name.
    init(of name: String) {
        let inner = name.hasSuffix(")") ? String(name.dropLast()) : name
        let metric = inner.split(separator: ",").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? inner
        if metric.hasPrefix("recovery(") || metric.contains("latency.") || metric.contains("pool.wait.")
            || metric.hasSuffix("replication.lag")
        {
            self = .seconds
        } else if metric.hasSuffix(".rate") || metric.hasSuffix(".share") || metric.hasSuffix("cpu.throttled") {
            self = .fraction
        } else if metric.hasSuffix(".perSecond") {
            self = .perSecond
        } else if metric.hasSuffix(".avg10") {
            self = .percent
        } else if metric.hasSuffix("replication.unreplayed") {
            self = .bytes
        } else if metric.contains("memory."), !metric.contains("events"), !metric.hasSuffix("refaults"),
            !metric.contains("pressure")
        {
            self = .bytes
        } else if metric == "throughput" || metric == "arrivals" {
            self = .perSecond
        } else {
            self = .count
        }
    }

    /// A value as people read it, with its unit: `12.5 ms`, `0.3 %`, `256 MiB`.
    func text(_ value: Double) -> String {
        switch self {
        case .seconds:
            if value == 0 { return "0 s" }
            if abs(value) >= 1 { return "\(MetricUnit.trim(value)) s" }
            return abs(value) >= 0.001
                ? "\(MetricUnit.trim(value * 1000)) ms" : "\(MetricUnit.trim(value * 1_000_000)) µs"
        case .fraction: return "\(MetricUnit.trim(value * 100)) %"
        case .percent: return "\(MetricUnit.trim(value)) %"
        case .bytes:
            let (divisor, name) = MetricUnit.binary(value)
            return "\(MetricUnit.trim(value / divisor)) \(name)"
        case .perSecond: return "\(MetricUnit.trim(value)) /s"
        case .count: return MetricUnit.trim(value)
        }
    }

    /// The power of 1024 to write a number of bytes with.
    static func binary(_ bytes: Double) -> (divisor: Double, name: String) {
        switch abs(bytes) {
        case 1_073_741_824...: (1_073_741_824, "GiB")
        case 1_048_576...: (1_048_576, "MiB")
        case 1024...: (1024, "KiB")
        default: (1, "B")
        }
    }

    /// About three significant digits, without trailing zeros.
    static func trim(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        let magnitude = abs(value)
        let places = magnitude >= 100 || magnitude == 0 ? 0 : magnitude >= 10 ? 1 : magnitude >= 0.1 ? 2 : 4
        var text = String(format: "%.\(places)f", value)
        if text.contains(".") {
            while text.hasSuffix("0") { text.removeLast() }
            if text.hasSuffix(".") { text.removeLast() }
        }
        return text == "-0" ? "0" : text
    }
}
