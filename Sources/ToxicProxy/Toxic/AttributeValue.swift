/// The value of a toxic's attribute, as JSON has it.
public enum AttributeValue: Hashable, Sendable {
    case number(Double)
    case flag(Bool)
    case text(String)
    /// A number that changes with time.
    case ramp(Ramp)
}

/// A number that goes from one value to another in a time, and stays there.
public struct Ramp: Hashable, Sendable, Codable {
    public let from: Double
    public let to: Double
    /// Milliseconds.
    public let over: Double

    public init(from: Double, to: Double, over: Double) {
        self.from = from
        self.to = to
        self.over = over
    }

    func value(after nanoseconds: Int64) -> Double {
        let part = over > 0 ? Double(nanoseconds) / (over * 1_000_000) : 1
        return from + (to - from) * min(1, max(0, part))
    }
}

extension AttributeValue: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else {
            self = .ramp(try container.decode(Ramp.self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .flag(let flag): try container.encode(flag)
        case .text(let text): try container.encode(text)
        case .ramp(let ramp): try container.encode(ramp)
        case .number(let number):
            // Clients of toxiproxy expect 100, not 100.0.
            if let whole = Int64(exactly: number) { try container.encode(whole) } else { try container.encode(number) }
        }
    }
}
