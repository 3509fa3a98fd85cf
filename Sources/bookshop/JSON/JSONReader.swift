/// Reads one JSON text into a ``GraphQLValue``, which is what a request's variables become anyway.
///
/// Strict (RFC 8259), with a bound on nesting so that a hostile body cannot exhaust the stack.
struct JSONReader {
    struct Failure: Error, Equatable {
        let message: String
        /// Bytes from the start of the text.
        let offset: Int
    }

    private static let maximumDepth = 64

    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    static func read(_ bytes: [UInt8]) throws(Failure) -> GraphQLValue {
        var reader = JSONReader(bytes)
        let value = try reader.value()
        reader.skipSpace()
        guard reader.position == bytes.count else { throw reader.failure("unexpected text after the JSON value") }
        return value
    }

    private func failure(_ message: String) -> Failure {
        Failure(message: message, offset: position)
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func value() throws(Failure) -> GraphQLValue {
        skipSpace()
        switch current {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try list()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .boolean(true))
        case UInt8(ascii: "f"): return try literal("false", .boolean(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case .some(let byte) where byte == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte):
            return try number()
        case nil: throw failure("the JSON text ended early")
        default: throw failure("unexpected character")
        }
    }

    private mutating func literal(_ text: StaticString, _ value: GraphQLValue) throws(Failure) -> GraphQLValue {
        let count = text.utf8CodeUnitCount
        let matches =
            position + count <= bytes.count
            && text.withUTF8Buffer { $0.elementsEqual(bytes[position..<position + count]) }
        guard matches else { throw failure("unexpected character") }
        position += count
        return value
    }

    private mutating func enter() throws(Failure) {
        depth += 1
        guard depth <= Self.maximumDepth else { throw failure("nested deeper than \(Self.maximumDepth) levels") }
        position += 1
        skipSpace()
    }

    private mutating func object() throws(Failure) -> GraphQLValue {
        try enter()
        defer { depth -= 1 }
        var fields: [(String, GraphQLValue)] = []
        if current == UInt8(ascii: "}") {
            position += 1
            return .object([])
        }
        while true {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw failure("expected a key") }
            let key = try string()
            skipSpace()
            guard current == UInt8(ascii: ":") else { throw failure("expected ':'") }
            position += 1
            fields.append((key, try value()))
            skipSpace()
            switch current {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "}"):
                position += 1
                return .object(fields.map { GraphQLValue.Field(name: $0.0, value: $0.1) })
            default: throw failure("expected ',' or '}'")
            }
        }
    }

    private mutating func list() throws(Failure) -> GraphQLValue {
        try enter()
        defer { depth -= 1 }
        var elements: [GraphQLValue] = []
        if current == UInt8(ascii: "]") {
            position += 1
            return .list([])
        }
        while true {
            elements.append(try value())
            skipSpace()
            switch current {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "]"):
                position += 1
                return .list(elements)
            default: throw failure("expected ',' or ']'")
            }
        }
    }

    private mutating func digits() throws(Failure) {
        let start = position
        while let byte = current, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { position += 1 }
        guard position > start else { throw failure("expected a digit") }
    }

    private mutating func number() throws(Failure) -> GraphQLValue {
        let start = position
        var isInteger = true
        if current == UInt8(ascii: "-") { position += 1 }
        if current == UInt8(ascii: "0") { position += 1 } else { try digits() }
        if current == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            try digits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            isInteger = false
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger, let integer = Int64(text) { return .int(integer) }
        guard let number = Double(text), number.isFinite else { throw failure("the number is out of range") }
        return .float(number)
    }

    private mutating func string() throws(Failure) -> String {
        position += 1
        let start = position
        while let byte = current, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
            position += 1
        }
        var text = bytes[start..<position]
        if current != UInt8(ascii: "\"") {
            var unescaped = Array(text)
            try stringWithEscapes(&unescaped)
            text = unescaped[...]
        }
        position += 1
        guard let string = String(validating: text, as: UTF8.self) else { throw failure("the text is not UTF-8") }
        return string
    }

    private mutating func stringWithEscapes(_ text: inout [UInt8]) throws(Failure) {
        while true {
            switch current {
            case UInt8(ascii: "\""): return
            case UInt8(ascii: "\\"):
                position += 1
                try escape(&text)
            case nil: throw failure("the string has no end")
            case .some(let byte):
                guard byte >= 0x20 else { throw failure("a control character in a string must be escaped") }
                text.append(byte)
                position += 1
            }
        }
    }

    private mutating func escape(_ text: inout [UInt8]) throws(Failure) {
        guard let byte = current else { throw failure("the string has no end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: try escapedCharacter().utf8)
        default: throw failure("unknown escape")
        }
    }

    private mutating func escapedCharacter() throws(Failure) -> Character {
        let first = try hexadecimal()
        guard first >= 0xD800, first <= 0xDBFF else { return try character(first) }
        guard current == UInt8(ascii: "\\"), position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "u")
        else { throw failure("half of a surrogate pair") }
        position += 2
        let second = try hexadecimal()
        guard second >= 0xDC00, second <= 0xDFFF else { throw failure("half of a surrogate pair") }
        return try character(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    }

    private func character(_ code: UInt32) throws(Failure) -> Character {
        guard let scalar = Unicode.Scalar(code) else { throw failure("half of a surrogate pair") }
        return Character(scalar)
    }

    private mutating func hexadecimal() throws(Failure) -> UInt32 {
        guard position + 4 <= bytes.count else { throw failure("the string has no end") }
        var value: UInt32 = 0
        for byte in bytes[position..<position + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw failure("expected four hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
        }
        position += 4
        return value
    }
}
