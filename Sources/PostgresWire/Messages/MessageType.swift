/// The first bytes of the client's messages (PostgreSQL documentation, Frontend/Backend Protocol, Message Formats).
enum FrontendType {
    static let bind = UInt8(ascii: "B")
    static let close = UInt8(ascii: "C")
    static let copyDone = UInt8(ascii: "c")
    static let copyFail = UInt8(ascii: "f")
    static let describe = UInt8(ascii: "D")
    static let execute = UInt8(ascii: "E")
    static let flush = UInt8(ascii: "H")
    static let functionCall = UInt8(ascii: "F")
    static let parse = UInt8(ascii: "P")
    static let query = UInt8(ascii: "Q")
    static let sync = UInt8(ascii: "S")
    static let terminate = UInt8(ascii: "X")
}

/// The first bytes of the server's messages (same source).
enum BackendType {
    static let authentication = UInt8(ascii: "R")
    static let bindComplete = UInt8(ascii: "2")
    static let closeComplete = UInt8(ascii: "3")
    static let commandComplete = UInt8(ascii: "C")
    static let copyInResponse = UInt8(ascii: "G")
    static let dataRow = UInt8(ascii: "D")
    static let emptyQueryResponse = UInt8(ascii: "I")
    static let errorResponse = UInt8(ascii: "E")
    static let noData = UInt8(ascii: "n")
    static let notice = UInt8(ascii: "N")
    static let notification = UInt8(ascii: "A")
    static let parameterStatus = UInt8(ascii: "S")
    static let parseComplete = UInt8(ascii: "1")
    static let portalSuspended = UInt8(ascii: "s")
    static let readyForQuery = UInt8(ascii: "Z")
    static let rowDescription = UInt8(ascii: "T")

    static func endsExecute(_ type: UInt8) -> Bool {
        switch type {
        case commandComplete, emptyQueryResponse, portalSuspended, errorResponse: true
        default: false
        }
    }
}
