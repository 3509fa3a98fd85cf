/// Splits a GraphQL document into tokens.
struct GraphQLLexer {
    enum Token: Sendable, Equatable {
        case punctuator(Character)
        case spread
        case name(String)
        case int(Int64)
        case float(Double)
        case string(String)
        case end
    }

    private let bytes: [UInt8]
    private(set) var position = 0
    /// Where the latest token begins, in bytes.
    private(set) var tokenStart = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        // A byte order mark may stand at the start.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    mutating func next() throws(GraphQLSyntaxError) -> Token {
        skipIgnored()
        tokenStart = position
        guard let byte = current else { return .end }
        switch byte {
        case UInt8(ascii: "."):
            guard position + 2 < bytes.count, bytes[position + 1] == byte, bytes[position + 2] == byte else {
                throw failure("expected '...'")
            }
            position += 3
            return .spread
        case UInt8(ascii: "\""):
            return .string(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return try number()
        case _ where Self.isNameStart(byte):
            let start = position
            while let byte = current, Self.isNameStart(byte) || Self.isDigit(byte) { position += 1 }
            return .name(String(decoding: bytes[start..<position], as: UTF8.self))
        case _ where Self.punctuators.contains(byte):
            position += 1
            return .punctuator(Character(Unicode.Scalar(byte)))
        default:
            throw failure("unexpected character")
        }
    }

    /// A syntax error at an offset in bytes, the current position when `nil`.
    func failure(_ message: String, at offset: Int? = nil) -> GraphQLSyntaxError {
        var line = 1
        var column = 1
        for byte in bytes.prefix(offset ?? position) {
            if byte == 0x0A {
                line += 1
                column = 1
            } else {
                column += 1
            }
        }
        return GraphQLSyntaxError(message: message, line: line, column: column)
    }

    private static let punctuators = Set("!$&()[]{}:=@|".utf8)

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    private static func isNameStart(_ byte: UInt8) -> Bool {
        let lower = byte | 0x20
        return byte == UInt8(ascii: "_") || (lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z"))
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// White space, line ends, commas and comments mean nothing in GraphQL.
    private mutating func skipIgnored() {
        while let byte = current {
            switch byte {
            case 0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: ","):
                position += 1
            case UInt8(ascii: "#"):
                while let byte = current, byte != 0x0A, byte != 0x0D { position += 1 }
            default:
                return
            }
        }
    }

    private mutating func digits() throws(GraphQLSyntaxError) {
        let start = position
        while let byte = current, Self.isDigit(byte) { position += 1 }
        guard position > start else { throw failure("expected a digit") }
    }

    private mutating func number() throws(GraphQLSyntaxError) -> Token {
        let start = position
        var isInteger = true
        if current == UInt8(ascii: "-") { position += 1 }
        if current == UInt8(ascii: "0") { position += 1 } else { try digits() }
        if current == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            try digits()
        }
        if let byte = current, byte | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        if let byte = current, Self.isNameStart(byte) || Self.isDigit(byte) || byte == UInt8(ascii: ".") {
            throw failure("malformed number")
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger {
            guard let value = Int64(text) else { throw failure("the number is out of range", at: start) }
            return .int(value)
        }
        guard let value = Double(text), value.isFinite else { throw failure("the number is out of range", at: start) }
        return .float(value)
    }

    private mutating func string() throws(GraphQLSyntaxError) -> String {
        let start = position
        guard !bytes[position...].starts(with: Self.blockQuote) else {
            throw failure("block strings are not supported")
        }
        position += 1
        while let byte = current, byte != UInt8(ascii: "\"") {
            guard byte != 0x0A, byte != 0x0D else { break }
            // The escaped character is never the end of the string.
            position += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        guard current == UInt8(ascii: "\"") else { throw failure("the string has no end", at: start) }
        position += 1
        // The escapes are those of JSON.
        do throws(JSONReader.Failure) {
            guard case .string(let text) = try JSONReader.read(Array(bytes[start..<position])) else {
                throw JSONReader.Failure(message: "malformed string", offset: 0)
            }
            return text
        } catch {
            throw failure(error.message, at: start + error.offset)
        }
    }

    private static let blockQuote = Array("\"\"\"".utf8)
}
