import SyscallRules

/// A checked value of a fault's parameter.
public enum ParameterValue: Hashable, Sendable {
    case bytes(UInt64)
    case duration(Duration)
    case integer(Int)
    case fraction(Double)
    case syscallRules(SyscallRules)
    case text(String)
    case flag(Bool)
}

/// The checked parameters of one fault. Reading one that the schema does not have is a programming error that the
/// fault's own test finds, so absent values simply read as nil.
public struct Parameters: Hashable, Sendable {
    private var values: [String: ParameterValue]

    public init(_ values: [String: ParameterValue] = [:]) {
        self.values = values
    }

    public subscript(_ name: String) -> ParameterValue? {
        get { values[name] }
        set { values[name] = newValue }
    }

    public func bytes(_ name: String) -> UInt64? {
        if case .bytes(let value)? = values[name] { value } else { nil }
    }

    public func duration(_ name: String) -> Duration? {
        if case .duration(let value)? = values[name] { value } else { nil }
    }

    public func integer(_ name: String) -> Int? {
        if case .integer(let value)? = values[name] { value } else { nil }
    }

    public func fraction(_ name: String) -> Double? {
        if case .fraction(let value)? = values[name] { value } else { nil }
    }

    public func text(_ name: String) -> String? {
        if case .text(let value)? = values[name] { value } else { nil }
    }

    public func syscallRules(_ name: String) -> SyscallRules? {
        if case .syscallRules(let value)? = values[name] { value } else { nil }
    }

    /// All rules for system calls, under whatever name.
    public var syscallRules: [SyscallRules] {
        values.values.compactMap { if case .syscallRules(let rules) = $0 { rules } else { nil } }
    }

    /// All texts, by the names of their parameters.
    var texts: [String: String] {
        values.compactMapValues { if case .text(let text) = $0 { text } else { nil } }
    }

    public func flag(_ name: String) -> Bool? {
        if case .flag(let value)? = values[name] { value } else { nil }
    }
}

extension ParameterValue {
    /// As a person would write it.
    public var text: String {
        switch self {
        case .bytes(let bytes): "\(bytes)B"
        case .duration(let duration): duration.short
        case .integer(let value): String(value)
        case .fraction(let value): "\((value * 10000).rounded() / 100)%"
        case .syscallRules(let rules): rules.description
        case .text(let text): text
        case .flag(let flag): String(flag)
        }
    }
}
