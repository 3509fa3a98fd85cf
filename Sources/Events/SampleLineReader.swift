import Glibc

/// Reads back the lines that `SampleLine` writes, at a twentieth of JSONDecoder's cost: an hour of samples is several
/// million values, and the report of a run is made from them.
///
/// What it does not know at first sight it leaves to the decoder, which then says what is wrong with it.
public struct SampleLineReader {
    /// The bytes from a name's opening quote to the colon after it, in the order of the last line.
    private var keys: [[UInt8]] = []
    /// The place of each name in the line. Its keys are taken over by each sample, so that none is hashed again.
    private var places: [String: Int] = [:]
    private var values: [Double] = []

    private static let opening = Array(#"{"data":{"values":{"#.utf8)
    private static let middle = Array(#"}},"t":"#.utf8)
    private static let closing = Array(#","type":"sample"}"#.utf8)
    private static let spelled: [(text: [UInt8], value: Double)] = [
        (Array(#""nan""#.utf8), .nan), (Array(#""inf""#.utf8), .infinity), (Array(#""-inf""#.utf8), -.infinity),
    ]

    public init() {}

    /// The event of a line without its newline; nil when it is another's, or not as it was written.
    public mutating func event(of line: UnsafeRawBufferPointer) -> RunEvent? {
        // The end first: a number is then followed by something that ends it, within the line.
        guard line.count > SampleLineReader.opening.count + SampleLineReader.closing.count,
            UnsafeRawBufferPointer(rebasing: line.suffix(SampleLineReader.closing.count))
                .elementsEqual(SampleLineReader.closing)
        else { return nil }
        var cursor = Cursor(line)
        guard cursor.skip(SampleLineReader.opening) else { return nil }
        guard readValues(&cursor) else {
            // The names may be half of one line and half of another.
            (keys, places) = ([], [:])
            return nil
        }
        guard cursor.skip(SampleLineReader.middle), let time = cursor.number(), time.isFinite,
            cursor.skip(SampleLineReader.closing), cursor.isAtEnd
        else { return nil }
        let sample = Sample(values: places.mapValues { values[$0] })
        return RunEvent(time, .sample(sample))
    }

    /// Reads up to the brace that closes the values.
    private mutating func readValues(_ cursor: inout Cursor) -> Bool {
        values.removeAll(keepingCapacity: true)
        var isOther = false
        while cursor.next != UInt8(ascii: "}") {
            if !values.isEmpty, !cursor.skip(UInt8(ascii: ",")) { return false }
            if isOther || values.count >= keys.count || !cursor.skip(keys[values.count]) {
                guard let key = cursor.key() else { return false }
                if !isOther { keys.removeSubrange(values.count...) }
                isOther = true
                keys.append(key)
            }
            guard let value = cursor.value() else { return false }
            values.append(value)
        }
        guard isOther || values.count != places.count else { return true }
        keys.removeSubrange(values.count...)
        let names = keys.enumerated().map { (String(decoding: $1.dropFirst().dropLast(2), as: UTF8.self), $0) }
        places = Dictionary(names) { first, _ in first }
        return places.count == names.count
    }

    private struct Cursor {
        private let line: UnsafeRawBufferPointer
        private var place = 0

        init(_ line: UnsafeRawBufferPointer) {
            self.line = line
        }

        var isAtEnd: Bool { place == line.count }
        var next: UInt8? { place < line.count ? line[place] : nil }

        mutating func skip(_ byte: UInt8) -> Bool {
            guard next == byte else { return false }
            place += 1
            return true
        }

        mutating func skip(_ bytes: [UInt8]) -> Bool {
            guard line.count - place >= bytes.count else { return false }
            let isThere = bytes.withUnsafeBytes { expected in
                guard let base = line.baseAddress, let other = expected.baseAddress else { return expected.isEmpty }
                return memcmp(base + place, other, bytes.count) == 0
            }
            if isThere { place += bytes.count }
            return isThere
        }

        /// A name with its quotes and its colon. One with an escape is the decoder's.
        mutating func key() -> [UInt8]? {
            guard next == UInt8(ascii: "\"") else { return nil }
            var end = place + 1
            while end < line.count, line[end] != UInt8(ascii: "\"") {
                guard line[end] != UInt8(ascii: "\\"), line[end] >= 32 else { return nil }
                end += 1
            }
            guard end + 1 < line.count, line[end + 1] == UInt8(ascii: ":") else { return nil }
            defer { place = end + 2 }
            return Array(line[place...(end + 1)])
        }

        mutating func value() -> Double? {
            guard next == UInt8(ascii: "\"") else { return number() }
            for (text, value) in SampleLineReader.spelled where skip(text) { return value }
            return nil
        }

        /// Most are counts, of which a loop is quicker than strtod(3); both give the same, for no more than 15 digits are
        /// exact in a Double.
        mutating func number() -> Double? {
            let start = place
            let isNegative = skip(UInt8(ascii: "-"))
            var whole = 0
            let firstDigit = place
            while let byte = next, byte &- UInt8(ascii: "0") < 10, place - firstDigit < 15 {
                whole = whole * 10 + Int(byte &- UInt8(ascii: "0"))
                place += 1
            }
            // JSON has no 01.
            guard place > firstDigit, line[firstDigit] != UInt8(ascii: "0") || place == firstDigit + 1 else {
                return nil
            }
            switch next {
            case UInt8(ascii: ","), UInt8(ascii: "}"): return isNegative ? -Double(whole) : Double(whole)
            default: return fraction(from: start)
            }
        }

        private mutating func fraction(from start: Int) -> Double? {
            // strtod(3) takes more than JSON has: 1. and 0x1 among them.
            while let byte = next, byte != UInt8(ascii: ","), byte != UInt8(ascii: "}") {
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "e"),
                    UInt8(ascii: "E"):
                    place += 1
                case UInt8(ascii: "."):
                    place += 1
                    guard let digit = next, digit &- UInt8(ascii: "0") < 10 else { return nil }
                default: return nil
                }
            }
            guard !isAtEnd, let base = line.baseAddress else { return nil }
            let text = (base + start).assumingMemoryBound(to: CChar.self)
            var end: UnsafeMutablePointer<CChar>?
            let value = strtod(text, &end)
            guard let end, UnsafePointer(end) - text == place - start, value.isFinite else { return nil }
            return value
        }
    }
}
