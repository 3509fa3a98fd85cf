/// A client's messages as bytes, made without the module's own builders.
enum Frontend {
    static func startup(version: UInt32 = 196_608, _ parameters: [(String, String)] = [("user", "ann")]) -> [UInt8] {
        packet(int32(version) + parameters.flatMap { text($0) + text($1) } + [0])
    }

    static let sslRequest = packet(int32(80_877_103))
    static let gssencRequest = packet(int32(80_877_104))
    static let cancelRequest = packet(int32(80_877_102) + int32(4711) + int32(0xdead_beef))

    static func query(_ sql: String) -> [UInt8] { typed("Q", text(sql)) }
    static func parse(_ sql: String, as name: String = "") -> [UInt8] { typed("P", text(name) + text(sql) + [0, 0]) }
    static func bind(_ statement: String = "", to portal: String = "", parameter: [UInt8] = []) -> [UInt8] {
        let parameters = parameter.isEmpty ? [0, 0] : [0, 1] + int32(UInt32(parameter.count)) + parameter
        return typed("B", text(portal) + text(statement) + [0, 0] + parameters + [0, 0])
    }
    static func execute(_ portal: String = "", rows: UInt32 = 0) -> [UInt8] { typed("E", text(portal) + int32(rows)) }
    static func close(statement: String) -> [UInt8] { typed("C", Array("S".utf8) + text(statement)) }
    static let describe = typed("D", Array("P".utf8) + [0])
    static let sync = typed("S")
    static let flush = typed("H")
    static let copyDone = typed("c")
    static let copyFail = typed("f", text("no"))
    static let terminate = typed("X")
    static func copyData(_ bytes: [UInt8]) -> [UInt8] { typed("d", bytes) }
    static func password(_ secret: String) -> [UInt8] { typed("p", text(secret)) }

    /// Parse, Bind, Describe, Execute.
    static func batch(_ sql: String) -> [UInt8] { parse(sql) + bind() + describe + execute() }

    static func typed(_ type: Character, _ body: [UInt8] = []) -> [UInt8] {
        Array(String(type).utf8) + int32(UInt32(body.count + 4)) + body
    }

    static func packet(_ body: [UInt8]) -> [UInt8] { int32(UInt32(body.count + 4)) + body }
    static func text(_ text: String) -> [UInt8] { Array(text.utf8) + [0] }
    static func int32(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
}
