/// A value of the Redis serialization protocol, version 2.
public enum RESPValue: Hashable, Sendable {
    case simple(String)
    /// What the server says to a command that it refuses, as `OOM command not allowed …`.
    case error(String)
    case integer(Int64)
    case bulk([UInt8])
    case null
    case array([RESPValue])

    /// A text, whether it came as a simple or a bulk string; nil for anything else.
    public var text: String? {
        switch self {
        case .simple(let text): text
        case .bulk(let bytes): String(decoding: bytes, as: UTF8.self)
        default: nil
        }
    }

    /// An integer, as a number or as text.
    public var number: Int64? {
        if case .integer(let value) = self { value } else { text.flatMap { Int64($0) } }
    }

    public var elements: [RESPValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }
}
