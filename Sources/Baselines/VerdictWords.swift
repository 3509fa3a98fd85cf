/// How a terminal is told what comparisons came to.
enum VerdictWords {
    /// What matters most comes first.
    private static let order: [ComparisonVerdict] = [.slower, .cannotTell, .faster, .same]

    static func sorted<Metric>(_ metrics: [Metric], by verdict: (Metric) -> ComparisonVerdict) -> [Metric] {
        order.flatMap { wanted in metrics.filter { verdict($0) == wanted } }
    }

    static func name(_ verdict: ComparisonVerdict) -> String {
        verdict == .cannotTell ? "cannot tell" : verdict.rawValue
    }

    /// - Parameters:
    ///   - more: how many more would tell; nil when no number of them would.
    ///   - unit: of which, such as `run`.
    static func text(_ verdict: ComparisonVerdict, more: Int?, _ unit: String) -> String {
        guard verdict == .cannotTell else { return name(verdict) }
        guard let more else { return "cannot tell: too near to what counts as a change" }
        return "cannot tell, need \(more) more \(unit)\(more == 1 ? "" : "s")"
    }

    /// `44 metrics: 1 slower, 3 cannot tell, 0 faster, 40 same`.
    static func summary(_ verdicts: [ComparisonVerdict]) -> String {
        let counts = order.map { verdict in "\(verdicts.count { $0 == verdict }) \(name(verdict))" }
        return "\(verdicts.count) metrics: \(counts.joined(separator: ", "))"
    }

    static func change(_ share: Double) -> String { (share < 0 ? "" : "+") + MetricUnit.share.text(share) }
}
