/// A client's message, as far as it matters which one it is.
enum FrontendMessage {
    /// What Close is about.
    enum Target { case statement, portal }

    case query(SQLScript)
    case parse(name: [UInt8], SQLScript)
    case bind(portal: [UInt8], statement: [UInt8])
    case describe
    case execute(portal: [UInt8])
    case close(Target, name: [UInt8])
    case flush, sync, functionCall, copyEnd, terminate
    /// Password, CopyData, what isn't known, and what is broken: the server is told of it and says what it thinks.
    case other

    /// - Parameter bytes: the beginning of the message, from its type on.
    init(_ bytes: ArraySlice<UInt8>) {
        self = FrontendMessage.read(bytes) ?? .other
    }

    private static func read(_ bytes: ArraySlice<UInt8>) -> FrontendMessage? {
        var reader = ByteReader(bytes.dropFirst(5))
        switch bytes.first {
        case FrontendType.query: return .query(SQLScript(reader.text()))
        case FrontendType.parse:
            guard let name = reader.cString() else { return nil }
            return .parse(name: name, SQLScript(reader.text()))
        case FrontendType.bind:
            guard let portal = reader.cString(), let statement = reader.cString() else { return nil }
            return .bind(portal: portal, statement: statement)
        case FrontendType.execute:
            guard let portal = reader.cString() else { return nil }
            return .execute(portal: portal)
        case FrontendType.close:
            guard let kind = reader.byte(), let name = reader.cString() else { return nil }
            return .close(kind == UInt8(ascii: "S") ? .statement : .portal, name: name)
        case FrontendType.describe: return .describe
        case FrontendType.flush: return .flush
        case FrontendType.sync: return .sync
        case FrontendType.functionCall: return .functionCall
        case FrontendType.copyDone, FrontendType.copyFail: return .copyEnd
        case FrontendType.terminate: return .terminate
        default: return nil
        }
    }

    /// Whether it belongs to the extended query protocol.
    var isExtended: Bool {
        switch self {
        case .parse, .bind, .describe, .execute, .close, .flush, .sync: true
        case .query, .functionCall, .copyEnd, .terminate, .other: false
        }
    }
}
