import SyscallRules

/// One parameter of a fault: what it means, in which unit, within which range.
public struct ParameterSchema: Hashable, Sendable {
    /// What may be written for it.
    public enum Kind: Hashable, Sendable {
        /// An amount of memory or data, such as `256MiB`.
        case bytes
        /// An amount of memory, or a percentage of what the target uses at the moment of injection.
        case bytesOrShare
        /// A time, such as `40ms`.
        case duration
        /// A whole number within the range.
        case integer(ClosedRange<Int>)
        /// A percentage within the range of fractions, such as `20%`.
        case fraction(ClosedRange<Double>)
        /// One of these words.
        case choice([String])
        /// What happens to which system calls, such as `fsync:error=EIO:when=3+2` (strace(1), `-e inject`).
        case syscallRules
        /// Any text.
        case text
        /// `true` or `false`.
        case flag
    }

    public let name: String
    public let kind: Kind
    /// The value when it is left out, as it would be written; nil makes the parameter required, unless optional.
    public let defaultValue: String?
    public let isRequired: Bool
    /// One sentence for the reference.
    public let summary: String

    public init(
        _ name: String, _ kind: Kind, default defaultValue: String? = nil, required: Bool = false, _ summary: String
    ) {
        self.name = name
        self.kind = kind
        self.defaultValue = defaultValue
        self.isRequired = required
        self.summary = summary
    }

    /// How the accepted form is called in messages and tables.
    public var form: String {
        switch kind {
        case .bytes: "bytes, e.g. 256MiB"
        case .bytesOrShare: "bytes or share of current use, e.g. 256MiB or 80%"
        case .duration: "duration, e.g. 40ms"
        case .integer(let range): "whole number, \(range.lowerBound)…\(range.upperBound)"
        case .fraction(let range):
            "percentage, \(ParameterSchema.percent(range.lowerBound))…\(ParameterSchema.percent(range.upperBound))"
        case .choice(let words): words.joined(separator: ", ")
        case .syscallRules: "rules as of strace's inject, e.g. fsync:error=EIO:when=3+2; write:delay_enter=5ms"
        case .text: "text"
        case .flag: "true or false"
        }
    }

    private static func percent(_ fraction: Double) -> String {
        let value = (fraction * 10000).rounded() / 100
        return value == value.rounded() ? "\(Int(value))%" : "\(value)%"
    }

    /// The parsed value, or nil when the text does not fit.
    public func parse(_ text: String) -> ParameterValue? {
        switch kind {
        case .bytes:
            if case .bytes(let bytes)? = Quantity(text) { return .bytes(bytes) }
        case .bytesOrShare:
            switch Quantity(text) {
            case .bytes(let bytes)?: return .bytes(bytes)
            case .fraction(let share)? where share > 0: return .fraction(share)
            default: return nil
            }
        case .duration:
            if case .duration(let duration)? = Quantity(text) { return .duration(duration) }
            if text == "0" { return .duration(.zero) }
        case .integer(let range):
            if let value = Int(text), range.contains(value) { return .integer(value) }
        case .fraction(let range):
            if case .fraction(let value)? = Quantity(text), range.contains(value) { return .fraction(value) }
        case .choice(let words):
            if words.contains(text) { return .text(text) }
        case .syscallRules:
            do throws(SyscallRuleError) { return .syscallRules(try SyscallRules(text)) } catch { return nil }
        case .text:
            return .text(text)
        case .flag:
            if text == "true" { return .flag(true) }
            if text == "false" { return .flag(false) }
        }
        return nil
    }
}
