import Foundation

/// One measured quantity over several repetitions.
struct Figure: Codable, Sendable {
    let group: String
    let name: String
    let unit: String
    /// Where it was measured, and anything a reader must know to judge it.
    let label: String
    let median: Double
    let minimum: Double
    let maximum: Double
    let count: Int

    /// Nil without any value: nothing was measured.
    init?(_ group: String, _ name: String, _ unit: String, label: String = "", _ values: [Double]) {
        let sorted = values.sorted()
        guard let first = sorted.first, let last = sorted.last else { return nil }
        self.group = group
        self.name = name
        self.unit = unit
        self.label = label
        median = Figure.median(sorted)
        minimum = first
        maximum = last
        count = sorted.count
    }

    static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return .nan }
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// One row of the table: `name  median (min…max) unit  n`.
    var row: String {
        let spread = "\(Figure.text(median)) (\(Figure.text(minimum))…\(Figure.text(maximum)))"
        let suffix = label.isEmpty ? "" : "  [\(label)]"
        return "  \(Figure.padded(name, 48))\(Figure.padded("\(spread) \(unit)", 34))n=\(count)\(suffix)"
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    private static func text(_ value: Double) -> String {
        String(format: abs(value) >= 100 ? "%.0f" : abs(value) >= 10 ? "%.1f" : "%.3f", value)
    }
}
