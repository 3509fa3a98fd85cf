import Scenarios

/// The bound that a steady-state check sets to a metric, when it is as simple as `latency.p99 < 1500ms`.
struct Threshold: Hashable {
    let metric: String
    /// In the metric's base unit.
    let value: Double
    let text: String

    /// Nil when the check says more than one comparison.
    init?(check text: String) {
        let words = text.split(separator: " ")
        guard words.count == 3, ["<", "<=", ">", ">="].contains(words[1]),
            let quantity = Quantity(String(words[2]))
        else { return nil }
        metric = String(words[0])
        value = quantity.baseValue
        self.text = text
    }
}
