/// Walks over the text of a kernel file byte by byte.
///
/// `String.split` looks for the boundaries of characters, which costs some twenty times as much; kernel files are ASCII.
public struct ByteScanner: Sendable {
    private let bytes: [UInt8]
    private var index: Int

    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
        self.index = 0
    }

    /// Whether all is read.
    public var isAtEnd: Bool { index >= bytes.count }

    /// Goes past the prefix when it comes next; else stays where it is.
    public mutating func skip(_ prefix: StaticString) -> Bool {
        let count = prefix.utf8CodeUnitCount
        guard index + count <= bytes.count else { return false }
        for offset in 0..<count where bytes[index + offset] != prefix.utf8Start[offset] { return false }
        index += count
        return true
    }

    /// Goes past spaces and tabs.
    public mutating func skipBlanks() {
        while index < bytes.count, bytes[index] == 32 || bytes[index] == 9 { index += 1 }
    }

    /// Goes past the rest of a word and the blanks and newlines after it.
    public mutating func skipWord() {
        while index < bytes.count, bytes[index] > 32 { index += 1 }
        while index < bytes.count, bytes[index] <= 32 { index += 1 }
    }

    /// Goes to just after the next newline.
    public mutating func skipLine() {
        while index < bytes.count, bytes[index] != 10 { index += 1 }
        index += 1
    }

    /// Goes past what is no blank and no newline, and gives its range.
    public mutating func word() -> ArraySlice<UInt8> {
        let start = index
        while index < bytes.count, bytes[index] > 32 { index += 1 }
        return bytes[start..<index]
    }

    /// A whole number; nil when none comes next or it does not fit.
    public mutating func number() -> UInt64? {
        var value: UInt64 = 0
        let start = index
        while index < bytes.count, (48...57).contains(bytes[index]) {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(bytes[index] - 48))
            guard !overflow, !carry else { return nil }
            value = sum
            index += 1
        }
        return index > start ? value : nil
    }

    /// A number with decimals, as the kernel prints percentages: `12.34`.
    public mutating func decimal() -> Double? {
        guard let whole = number() else { return nil }
        guard index < bytes.count, bytes[index] == 46 else { return Double(whole) }
        index += 1
        let start = index
        guard let rest = number() else { return Double(whole) }
        var scale = 1.0
        for _ in start..<index { scale *= 10 }
        return (Double(whole) * scale + Double(rest)) / scale
    }
}
