/// Messages that the proxy makes itself, ready to be sent (PostgreSQL documentation, Frontend/Backend Protocol, Message
/// Formats).
enum MessageBytes {
    static func query(_ text: String) -> [UInt8] { message(FrontendType.query, cString(text)) }

    static func parse(_ text: String, as name: String) -> [UInt8] {
        message(FrontendType.parse, cString(name) + cString(text) + int16(0))
    }

    static func bind(_ statement: String, to portal: String) -> [UInt8] {
        message(FrontendType.bind, cString(portal) + cString(statement) + int16(0) + int16(0) + int16(0))
    }

    static func execute(_ portal: String) -> [UInt8] { message(FrontendType.execute, cString(portal) + int32(0)) }

    static func close(statement: String) -> [UInt8] {
        message(FrontendType.close, [UInt8(ascii: "S")] + cString(statement))
    }

    static let flush = message(FrontendType.flush, [])

    static func message(_ type: UInt8, _ body: [UInt8]) -> [UInt8] {
        [type] + int32(Int32(clamping: body.count + 4)) + body
    }

    static func cString(_ text: String) -> [UInt8] { text.utf8.filter { $0 != 0 } + [0] }

    private static func int16(_ value: Int16) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }

    private static func int32(_ value: Int32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
}
