/// What a metric's figures are in. Values are kept in base units.
public enum MetricUnit: String, Codable, Sendable {
    case seconds
    case bytes
    /// From 0 to 1.
    case share
    case perSecond
    case count

    /// A value for people: three digits and a unit.
    public func text(_ value: Double) -> String {
        switch self {
        case .seconds: Self.scaled(value, [(1, "s"), (1e-3, "ms"), (1e-6, "µs")])
        case .bytes: Self.scaled(value, [(1_048_576, "MiB"), (1024, "KiB"), (1, "B")])
        case .share: Self.digits(value * 100) + " %"
        case .perSecond: Self.digits(value) + "/s"
        case .count: Self.digits(value)
        }
    }

    /// In the largest unit of which there is at least one.
    private static func scaled(_ value: Double, _ units: [(size: Double, name: String)]) -> String {
        let unit = units.first { abs(value) >= $0.size } ?? units[units.count - 1]
        return "\(digits(value / unit.size)) \(unit.name)"
    }

    /// Three significant digits, more only for whole numbers of a thousand and above.
    static func digits(_ value: Double) -> String {
        let size = abs(value)
        let places = size >= 100 ? 0 : size >= 10 ? 1 : 2
        let factor = [1.0, 10, 100][places]
        let whole = Int((size * factor).rounded())
        let sign = value < 0 && whole > 0 ? "-" : ""
        guard places > 0 else { return "\(sign)\(whole)" }
        let fraction = String(whole % Int(factor))
        return "\(sign)\(whole / Int(factor)).\(String(repeating: "0", count: places - fraction.count))\(fraction)"
    }
}
