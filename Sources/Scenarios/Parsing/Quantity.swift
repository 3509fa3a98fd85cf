/// Numbers with units as people write them in scenarios: `256MiB`, `40ms`, `20%`, `200/s`.
public enum Quantity: Hashable, Sendable {
    /// Bytes; `B`, `KB` `MB` `GB` `TB` are powers of 1000, `KiB` `MiB` `GiB` `TiB` of 1024.
    case bytes(UInt64)
    /// `us`, `ms`, `s`, `m`, `h`.
    case duration(Duration)
    /// A percentage as a fraction: `20%` is 0.2.
    case fraction(Double)
    /// Events per second: `200/s`, `30/m`.
    case rate(Double)
    /// A bare number.
    case number(Double)

    /// Parses a number directly followed by its unit; one space between them is allowed.
    public init?(_ text: String) {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == "." || $0 == "-" || $0 == "+") }
        guard let value = Double(digits), value.isFinite else { return nil }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }
        switch unit {
        case "": self = .number(value)
        case "%": self = .fraction(value / 100)
        case "/s": self = .rate(value)
        case "/m": self = .rate(value / 60)
        default:
            if let seconds = Quantity.secondsPerUnit[unit] {
                guard value >= 0, value * seconds < 1e9 else { return nil }
                self = .duration(.nanoseconds(Int64((value * seconds * 1e9).rounded())))
            } else if let size = Quantity.bytesPerUnit[unit] {
                guard value >= 0, value * size < 1e18 else { return nil }
                self = .bytes(UInt64((value * size).rounded()))
            } else {
                return nil
            }
        }
    }

    /// The value in the base unit that metrics use: bytes, seconds, a fraction, events per second.
    public var baseValue: Double {
        switch self {
        case .bytes(let bytes): Double(bytes)
        case .duration(let duration): duration.inSeconds
        case .fraction(let value), .rate(let value), .number(let value): value
        }
    }

    private static let secondsPerUnit: [Substring: Double] = [
        "us": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "min": 60, "h": 3600,
    ]

    private static let bytesPerUnit: [Substring: Double] = [
        "B": 1, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12,
        "KiB": 1024, "MiB": 1_048_576, "GiB": 1_073_741_824, "TiB": 1_099_511_627_776,
    ]
}

extension Duration {
    /// As a floating-point number of seconds.
    public var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }

    /// As a person reads it: `40ms`, `4s`, `1.5s`, `250us`.
    public var short: String {
        let seconds = inSeconds
        if seconds == 0 { return "0s" }
        if abs(seconds) >= 1 { return Duration.trimmed(seconds) + "s" }
        if abs(seconds) >= 0.001 { return Duration.trimmed(seconds * 1000) + "ms" }
        return Duration.trimmed(seconds * 1e6) + "us"
    }

    private static func trimmed(_ value: Double) -> String {
        let rounded = (value * 100).rounded() / 100
        return rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded)
    }
}
