import LinuxSystem

/// Writes the fields of one journal record: tab-separated, with `%XX` for bytes that could be mistaken.
struct FieldWriter {
    private(set) var text = ""

    mutating func put(_ value: String) { put(Array(value.utf8)) }

    mutating func put(_ bytes: [UInt8]) {
        if !text.isEmpty { text.append("\t") }
        for byte in bytes {
            if byte > 0x20, byte < 0x7f, byte != UInt8(ascii: "%") {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16)
                text.append(digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)")
            }
        }
    }

    mutating func put(_ value: some FixedWidthInteger) { put(String(value)) }

    mutating func put(_ values: [String]) {
        put(values.count)
        for value in values { put(value) }
    }

    mutating func put(_ value: String?) {
        put(value == nil ? [] : [value ?? ""])
    }

    mutating func put(_ process: ProcessIdentity) {
        put(process.pid)
        put(process.startTime)
        put(process.bootID)
    }
}

/// Reads the fields of one journal record in the order they were written.
struct FieldReader {
    private var fields: ArraySlice<Substring>

    init(_ text: some StringProtocol) {
        fields = Substring(text).split(separator: "\t", omittingEmptySubsequences: false)[...]
    }

    mutating func bytes() throws(JournalError) -> [UInt8] {
        guard let field = fields.popFirst() else { throw .malformedRecord("a field is missing") }
        var bytes: [UInt8] = []
        var rest = Substring(field).utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst(), let low = rest.popFirst(),
                let value = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16)
            else { throw .malformedRecord("bad escape in \"\(field)\"") }
            bytes.append(value)
        }
        return bytes
    }

    mutating func string() throws(JournalError) -> String {
        String(decoding: try bytes(), as: UTF8.self)
    }

    mutating func number<Number: FixedWidthInteger>(_ type: Number.Type = Number.self) throws(JournalError) -> Number {
        let text = try string()
        guard let value = Number(text) else { throw .malformedRecord("\"\(text)\" is no number in range") }
        return value
    }

    mutating func strings() throws(JournalError) -> [String] {
        let count = try number(Int.self)
        guard count >= 0, count <= fields.count else { throw .malformedRecord("\(count) list entries announced") }
        var values: [String] = []
        for _ in 0..<count { values.append(try string()) }
        return values
    }

    mutating func optionalString() throws(JournalError) -> String? {
        try strings().first
    }

    mutating func process() throws(JournalError) -> ProcessIdentity {
        ProcessIdentity(pid: try number(), startTime: try number(), bootID: try string())
    }
}
