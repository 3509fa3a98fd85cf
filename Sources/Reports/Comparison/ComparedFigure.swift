import Foundation

/// One figure of two runs.
struct ComparedFigure {
    /// What changed by less is called the same.
    static let floor = 0.1

    let name: String
    let unit: MetricUnit
    let first: Double?
    let second: Double?
    /// Whether more of it is worse; nil where neither is.
    let moreIsWorse: Bool?
    /// The least difference that is worth a word, in the figure's base unit: next to nothing, factors mean nothing.
    let least: Double

    var texts: (first: String, second: String) {
        (first.map(unit.text) ?? "–", second.map(unit.text) ?? "–")
    }

    /// `2.8 times`, `-12 %`, `same`.
    var difference: String {
        guard let first, let second else { return "–" }
        guard isDifferent else { return "same" }
        guard first != 0 else { return "+\(unit.text(second))" }
        let ratio = second / first
        if ratio >= 2 { return "\(MetricUnit.trim(ratio)) times" }
        let percent = MetricUnit.trim(abs(ratio - 1) * 100)
        return "\(ratio >= 1 ? "+" : "−")\(percent) %"
    }

    /// Whether the difference is more than a tenth and more than next to nothing.
    var isDifferent: Bool {
        guard let first, let second else { return false }
        return abs(second - first) > max(least, ComparedFigure.floor * max(abs(first), abs(second)))
    }

    /// Nil when it is no different, or neither better nor worse.
    var isWorse: Bool? {
        guard isDifferent, let moreIsWorse, let first, let second else { return nil }
        return (second > first) == moreIsWorse
    }

    /// `p99 in run: 120 ms in A, 340 ms in B (2.8 times)`; nil when it is not different.
    var sentence: String? {
        guard isDifferent else { return nil }
        return "\(name): \(texts.first) in A, \(texts.second) in B (\(difference))."
    }
}
