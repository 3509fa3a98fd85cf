import Scenarios

/// A rule's condition in PromQL, over the metrics that `brink watch --web` serves at /metrics.
struct PrometheusExpression {
    let text: String

    /// Nil for what looks at more than a moment's values, which no rule does that was read from a scenario.
    init?(_ rule: AlertRule) {
        switch rule.kind {
        case .threshold(let condition):
            guard let text = PrometheusExpression.text(condition.expression, isNegated: false) else { return nil }
            self.text = text
        case .rise(let metric, let over, let perSecond):
            text = "deriv(\(PrometheusExpression.range(metric, over))) > \(perSecond)"
        case .burn(let burn):
            text = [burn.long, burn.short].map {
                "avg_over_time(\(PrometheusExpression.range(burn.metric, $0))) > \(burn.limit)"
            }.joined(separator: " and ")
        case .change(let change): text = PrometheusExpression.text(change)
        }
    }

    /// Two values at least, and one to spare, at one look a second.
    private static let leastRange = Duration.seconds(4)

    private static func range(_ metric: String, _ length: Duration) -> String {
        "\(selector(metric))[\(duration(max(length, leastRange)))]"
    }

    private static func selector(_ metric: String) -> String {
        let name = SampleName(metric)
        let target = name.target.map { "{target=\"\(OpenMetricsLine.escape($0))\"}" }
        return name.name + (target ?? "")
    }

    /// As Prometheus spells one: a whole number of milliseconds, or of seconds.
    static func duration(_ duration: Duration) -> String {
        let milliseconds = Int((duration.inSeconds * 1000).rounded())
        return milliseconds % 1000 == 0 ? "\(milliseconds / 1000)s" : "\(milliseconds)ms"
    }

    /// A query has no memory, so what is usual is what was until a few seconds ago. A value beyond the usual by each of the
    /// three measures is beyond the largest of them, which is the unit of Brink's own sum.
    private static func text(_ change: AlertRule.ChangePoint) -> String {
        let now = selector(change.metric)
        let before = "\(now)[5m] offset 5s"
        let usual = "avg_over_time(\(before))"
        let distance = change.direction == .up ? "\(now) - \(usual)" : "\(usual) - \(now)"
        var limits = ["\(change.floor)"]
        if change.share > 0 { limits.append("\(change.share) * abs(\(usual))") }
        limits.append("3 * stddev_over_time(\(before))")
        return limits.map { "(\(distance)) > \($0)" }.joined(separator: " and ")
    }

    /// A comparison gives nothing where it does not hold, so a `not` goes down to the comparisons (De Morgan).
    private static func text(_ expression: Expression, isNegated: Bool) -> String? {
        func joined(_ left: Expression, _ word: String, _ right: Expression) -> String? {
            guard let left = text(left, isNegated: isNegated), let right = text(right, isNegated: isNegated) else {
                return nil
            }
            // Metrics of different targets belong together when they are of one run.
            return "(\(left)) \(word) on (run) (\(right))"
        }
        switch expression {
        case .comparison(.metric(let metric), let comparator, let limit):
            let comparator = isNegated ? comparator.opposite : comparator
            return "\(selector(metric)) \(comparator.rawValue) \(limit)"
        case .comparison: return nil
        case .and(let left, let right): return joined(left, isNegated ? "or" : "and", right)
        case .or(let left, let right): return joined(left, isNegated ? "and" : "or", right)
        case .not(let inner): return text(inner, isNegated: !isNegated)
        }
    }
}

extension Expression.Comparator {
    /// The one that holds where this one does not.
    fileprivate var opposite: Self {
        switch self {
        case .less: .greaterOrEqual
        case .lessOrEqual: .greater
        case .greater: .lessOrEqual
        case .greaterOrEqual: .less
        case .equal: .notEqual
        case .notEqual: .equal
        }
    }
}
