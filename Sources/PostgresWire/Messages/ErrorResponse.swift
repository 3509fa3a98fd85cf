/// The server's ErrorResponse (PostgreSQL documentation, Frontend/Backend Protocol, Error and Notice Message Fields).
public struct ErrorResponse: Hashable, Sendable {
    public enum Severity: String, Hashable, Sendable, CaseIterable {
        /// The session goes on.
        case error = "ERROR"
        /// The server closes the connection.
        case fatal = "FATAL"
        /// The server closes all connections.
        case panic = "PANIC"
    }

    public let severity: Severity
    /// Five of 0-9 and A-Z, see ``isSQLState(_:)``.
    public let sqlState: String
    /// A zero byte in it is left out.
    public let message: String

    public init(severity: Severity, sqlState: String, message: String) {
        self.severity = severity
        self.sqlState = sqlState
        self.message = message
    }

    /// The whole message: severity (S, and V, which is never translated), code (C) and primary message (M).
    public var bytes: [UInt8] {
        let fields = [("S", severity.rawValue), ("V", severity.rawValue), ("C", sqlState), ("M", message)]
        return MessageBytes.message(
            BackendType.errorResponse, fields.flatMap { MessageBytes.cString($0 + $1) } + [0])
    }

    /// Whether this has the form of an SQLSTATE (PostgreSQL documentation, PostgreSQL Error Codes).
    public static func isSQLState(_ text: String) -> Bool {
        text.utf8.count == 5 && text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || isLetter($0) }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte }

    /// SQLSTATEs with which the server ends a session, whatever it is doing: lost connections, shutdown, crash, start,
    /// dropped database, and the time limits on idle sessions and on transactions.
    private static let endings: Set<String> = [
        "08006", "25P03", "25P04", "57P01", "57P02", "57P03", "57P04", "57P05",
    ]

    static func endsSession(_ sqlState: String) -> Bool { endings.contains(sqlState) }

    /// Whether a message of the server's, from its type on, says that the session is over.
    static func endsSession(_ message: ArraySlice<UInt8>) -> Bool {
        var reader = ByteReader(message.dropFirst(5))
        while let field = reader.byte(), field != 0, let value = reader.cString() {
            guard field == UInt8(ascii: "V") else { continue }
            return value != Array(Severity.error.rawValue.utf8)
        }
        return false
    }
}
