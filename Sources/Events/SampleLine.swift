/// Writes samples as lines of `events.jsonl`, byte for byte what JSONEncoder makes of them with sorted keys and slashes
/// as they are, at a tenth of its cost: a run has ten a second with some hundred values each, and what measures must
/// cost little.
///
/// The names hardly change from one sample to the next, so they are sorted and escaped only when they do.
public struct SampleLine: Sendable {
    private var names: [String] = []
    /// For each name the bytes before its value: `,"name":`.
    private var keys: [[UInt8]] = []

    public init() {}

    /// The line with its newline.
    public mutating func bytes(of sample: Sample, at time: Double) -> [UInt8] {
        if let line = write(sample, at: time) { return line }
        names = sample.values.keys.sorted()
        keys = names.enumerated().map { index, name in
            Array(index > 0 ? ",".utf8 : "".utf8) + SampleLine.quoted(name) + [UInt8(ascii: ":")]
        }
        return write(sample, at: time) ?? []
    }

    /// Nil when the sample has other names than the last one.
    private func write(_ sample: Sample, at time: Double) -> [UInt8]? {
        guard sample.values.count == names.count else { return nil }
        var line: [UInt8] = []
        line.reserveCapacity(64 * (names.count + 1))
        line += #"{"data":{"values":{"#.utf8
        for index in names.indices {
            guard let value = sample.values[names[index]] else { return nil }
            line += keys[index]
            SampleLine.append(value, to: &line)
        }
        line += #"}},"t":"#.utf8
        SampleLine.append(time, to: &line)
        line += #","type":"sample"}"#.utf8
        line.append(UInt8(ascii: "\n"))
        return line
    }

    private static func append(_ value: Double, to line: inout [UInt8]) {
        guard value.isFinite else {
            line += value.isNaN ? #""nan""#.utf8 : value > 0 ? #""inf""#.utf8 : #""-inf""#.utf8
            return
        }
        // Most are counts, for which an integer's description is quicker to make; JSONEncoder writes 5 for 5.0 too.
        if let whole = Int64(exactly: value), abs(whole) < 1 << 53, whole != 0 || value.sign == .plus {
            line += String(whole).utf8
        } else {
            line += value.description.utf8
            if line.suffix(2).elementsEqual(".0".utf8) { line.removeLast(2) }
        }
    }

    private static func quoted(_ name: String) -> [UInt8] {
        var bytes = [UInt8(ascii: "\"")]
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case ..<32:
                let digits = String(byte, radix: 16)
                bytes += "\\u".utf8
                bytes += String(repeating: "0", count: 4 - digits.count).utf8
                bytes += digits.utf8
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
        return bytes
    }
}
