/// A server's messages as bytes.
enum Backend {
    static let authenticationOk = Frontend.typed("R", [0, 0, 0, 0])
    static let authenticationPassword = Frontend.typed("R", [0, 0, 0, 3])
    static let parseComplete = Frontend.typed("1")
    static let bindComplete = Frontend.typed("2")
    static let closeComplete = Frontend.typed("3")
    static let noData = Frontend.typed("n")
    static let emptyQuery = Frontend.typed("I")
    static let portalSuspended = Frontend.typed("s")
    static let copyIn = Frontend.typed("G", [0, 0, 0])
    static let copyOut = Frontend.typed("H", [0, 0, 0])
    static let rowDescription = Frontend.typed("T", [0, 0])
    static let copyDone = Frontend.typed("c")
    static func copyData(_ bytes: [UInt8]) -> [UInt8] { Frontend.typed("d", bytes) }
    static func row(_ value: String) -> [UInt8] { row(Array(value.utf8)) }
    static func row(_ value: [UInt8]) -> [UInt8] {
        Frontend.typed("D", [0, 1] + Frontend.int32(UInt32(value.count)) + value)
    }
    static func complete(_ tag: String) -> [UInt8] { Frontend.typed("C", Frontend.text(tag)) }
    static func ready(_ status: Character) -> [UInt8] { Frontend.typed("Z", Array(String(status).utf8)) }
    static func parameter(_ name: String, _ value: String) -> [UInt8] {
        Frontend.typed("S", Frontend.text(name) + Frontend.text(value))
    }
    static func notice(_ text: String) -> [UInt8] { report("N", "WARNING", "01000", text) }
    static func error(_ sqlState: String, severity: String = "ERROR") -> [UInt8] {
        report("E", severity, sqlState, "the server's own")
    }

    private static func report(_ type: Character, _ severity: String, _ sqlState: String, _ text: String) -> [UInt8] {
        Frontend.typed(
            type, ["S" + severity, "V" + severity, "C" + sqlState, "M" + text].flatMap { Frontend.text($0) } + [0])
    }

    /// What a server says when it lets a session in.
    static let welcome = authenticationOk + parameter("server_version", "15.18") + ready("I")
}
