/// A value with its labels as one line of OpenMetrics text.
struct OpenMetricsLine: CustomStringConvertible {
    let name: String
    /// In braces, as `labels(_:)` spells them.
    let labels: String
    let value: Double
    /// Seconds since 1970 as text; none when the reader's clock counts.
    var time: String?

    var description: String {
        "\(name)\(labels) \(OpenMetricsLine.number(value))\(time.map { " \($0)" } ?? "")\n"
    }

    /// Once for all values that have the same ones.
    static func labels(_ labels: [(name: String, value: String)]) -> String {
        "{\(labels.map { "\($0.name)=\"\(escape($0.value))\"" }.joined(separator: ","))}"
    }

    /// Backslash, quote and line feed have a spelling of their own; other control characters are made visible.
    static func escape(_ text: String) -> String {
        EscapedText(text, ["\\": "\\\\", "\"": "\\\"", "\n": "\\n"]).description
    }

    private static func number(_ value: Double) -> String {
        if let whole = Int64(exactly: value), abs(whole) < 1 << 53 { return "\(whole)" }
        return value.isNaN ? "NaN" : value.isInfinite ? (value > 0 ? "+Inf" : "-Inf") : "\(value)"
    }
}
