/// Which calls of a thread a rule applies to: `when=first[..last][+[step]]` of strace(1).
///
/// `3` is the third call only, `3+` the third and all after it, `3+2` the third, fifth, seventh …, `3..9+2` the same up
/// to the ninth.
public struct Invocations: Hashable, Sendable, CustomStringConvertible {
    /// 1…65535.
    public let first: UInt64
    /// 1…65534; nil for no end.
    public let last: UInt64?
    /// 1…65535.
    public let step: UInt64

    /// Every call.
    public static let all = Invocations(first: 1, last: nil, step: 1)

    private init(first: UInt64, last: UInt64?, step: UInt64) {
        self.first = first
        self.last = last
        self.step = step
    }

    /// Parses strace's form.
    public init(_ text: String) throws(SyscallRuleError.Problem) {
        var rest = Substring(text)
        guard let first = Invocations.number(&rest), (1...65535).contains(first) else { throw .badWhen(text) }
        var last: UInt64? = first
        var step: UInt64 = 1
        let hasEnd = rest.hasPrefix("..")
        if hasEnd {
            rest = rest.dropFirst(2)
            guard let end = Invocations.number(&rest), (1...65534).contains(end) else { throw .badWhen(text) }
            guard end >= first else { throw .endBeforeStart(text) }
            last = end
        }
        if rest.first == "+" {
            rest = rest.dropFirst()
            if !hasEnd { last = nil }
            if !rest.isEmpty {
                guard let distance = Invocations.number(&rest), (1...65535).contains(distance) else {
                    throw .badWhen(text)
                }
                step = distance
            }
        }
        guard rest.isEmpty else { throw .badWhen(text) }
        self.init(first: first, last: last, step: step)
    }

    /// Whether the call with this number, counted from 1, is one of them.
    public func contains(_ number: UInt64) -> Bool {
        guard number >= first else { return false }
        if let last, number > last { return false }
        return (number - first) % step == 0
    }

    public var description: String {
        let steps = step == 1 ? "" : String(step)
        guard let last else { return "\(first)+\(steps)" }
        if last == first { return "\(first)" }
        return step == 1 ? "\(first)..\(last)" : "\(first)..\(last)+\(steps)"
    }

    private static func number(_ text: inout Substring) -> UInt64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        text = text.dropFirst(digits.count)
        return UInt64(digits)
    }
}
