import NIOCore

/// Cuts a stream of bytes into RESP2 values.
struct RESPDecoder: ByteToMessageDecoder {
    typealias InboundOut = RESPValue

    /// Longest bulk string, Redis's own bound (proto-max-bulk-len).
    private static let maximumBytes = 512 << 20
    private static let maximumDepth = 16

    mutating func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
        var copy = buffer
        guard let value = try RESPDecoder.value(&copy, depth: 0) else { return .needMoreData }
        buffer = copy
        context.fireChannelRead(wrapInboundOut(value))
        return .continue
    }

    mutating func decodeLast(
        context: ChannelHandlerContext, buffer: inout ByteBuffer, seenEOF: Bool
    ) throws -> DecodingState {
        try decode(context: context, buffer: &buffer)
    }

    /// - Returns: nil when the value has not come to its end yet.
    static func value(_ buffer: inout ByteBuffer, depth: Int) throws(RedisError) -> RESPValue? {
        guard depth <= maximumDepth else { throw .unintelligible("nested deeper than \(maximumDepth) levels") }
        guard let kind = buffer.readInteger(as: UInt8.self), let line = try line(&buffer) else { return nil }
        switch kind {
        case UInt8(ascii: "+"): return .simple(line)
        case UInt8(ascii: "-"): return .error(line)
        case UInt8(ascii: ":"): return .integer(Int64(try number(line)))
        case UInt8(ascii: "$"):
            let count = try number(line)
            if count < 0 { return .null }
            guard count <= maximumBytes else { throw .unintelligible("a string of \(count) bytes") }
            guard let bytes = buffer.readBytes(length: count), buffer.readBytes(length: 2) != nil else { return nil }
            return .bulk(bytes)
        case UInt8(ascii: "*"):
            let count = try number(line)
            if count < 0 { return .null }
            var elements: [RESPValue] = []
            for _ in 0..<count {
                guard let element = try value(&buffer, depth: depth + 1) else { return nil }
                elements.append(element)
            }
            return .array(elements)
        default: throw .unintelligible("a value that begins with byte \(kind)")
        }
    }

    private static func line(_ buffer: inout ByteBuffer) throws(RedisError) -> String? {
        let view = buffer.readableBytesView
        guard let end = view.firstIndex(of: UInt8(ascii: "\r")) else {
            guard view.count < 1 << 16 else { throw .unintelligible("a line without end") }
            return nil
        }
        let length = end - view.startIndex
        guard view.count >= length + 2, let text = buffer.readString(length: length) else { return nil }
        buffer.moveReaderIndex(forwardBy: 2)
        return text
    }

    private static func number(_ text: String) throws(RedisError) -> Int {
        guard let number = Int(text) else { throw .unintelligible("\"\(text.prefix(40))\" where a number belongs") }
        return number
    }
}
