import PostgresWire

/// Reads bytes back as short text, such as `Q select 1`, `E ERROR 40001 no` and `Z I`.
enum Transcript {
    static func messages(_ bytes: [UInt8]) -> [String] {
        var rest = bytes[...]
        var messages: [String] = []
        while rest.count >= 5 {
            let length = rest.dropFirst().prefix(4).reduce(0) { $0 << 8 | Int($1) } + 1
            guard rest.count >= length else { break }
            messages.append(describe(rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        return rest.isEmpty ? messages : messages + ["\(rest.count) bytes more"]
    }

    private static func describe(_ message: ArraySlice<UInt8>) -> String {
        let type = String(decoding: message.prefix(1), as: UTF8.self)
        let body = message.dropFirst(5)
        switch type {
        case "Z": return "Z " + String(decoding: body, as: UTF8.self)
        case "E" where body.first == UInt8(ascii: "S"):
            let fields = body.split(separator: 0).map { String(decoding: $0.dropFirst(), as: UTF8.self) }
            return (["E", fields[0]] + fields.dropFirst(2)).joined(separator: " ")
        case "Q", "C", "E", "P", "B", "D", "d":
            let text = body.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            return ([type] + text).joined(separator: " ")
        default: return type
        }
    }
}
