/// Cuts one direction of a connection into messages, and holds of each no more than has to be looked at.
struct MessageCutter: Sendable {
    /// What messages look like.
    enum Format: Sendable {
        /// A length and a body.
        case startup
        /// A type, a length and a body.
        case typed(from: WireSide)
    }

    enum Piece {
        /// The beginning of a message, or all of it.
        case head(Head)
        /// More of the message whose head came last.
        case body(ArraySlice<UInt8>, isLast: Bool)
        /// A length that can't be.
        case invalid(length: Int)
    }

    struct Head {
        let bytes: ArraySlice<UInt8>
        /// Nothing of the message follows.
        let isWhole: Bool
        /// These are bytes of what was given, not a copy.
        let isInput: Bool
        /// How many of the bytes were let go before, by ``release()``.
        let released: Int
    }

    /// The server takes startup packets of 8…10,004 bytes (MAX_STARTUP_PACKET_LENGTH, without the length itself).
    private static let startupLengths = 8...10_004
    private static let typedLengths = 4...Int(Int32.max)

    var format: Format
    private var held: [UInt8] = []
    private var released = 0
    /// Bytes of the current message's body that aren't here yet.
    private var missing = 0

    init(_ format: Format) { self.format = format }

    /// Part of a message was handed out or let go, and the rest must follow before anything else may.
    var isWithinMessage: Bool { missing > 0 || released > 0 }

    var holdsNothing: Bool { held.isEmpty }

    /// Takes as many bytes off the input as make a piece; nil when more are needed.
    mutating func next(_ input: inout ArraySlice<UInt8>) -> Piece? {
        guard !input.isEmpty else { return nil }
        if missing > 0 {
            let part = MessageCutter.take(missing, from: &input)
            missing -= part.count
            return .body(part, isLast: missing == 0)
        }
        // Most messages come in one piece and needn't be copied.
        if held.isEmpty, let (total, wanted) = measure(input) {
            guard let total else { return .invalid(length: wanted) }
            if input.count >= wanted {
                missing = total - wanted
                let bytes = MessageCutter.take(wanted, from: &input)
                return .head(Head(bytes: bytes, isWhole: missing == 0, isInput: true, released: 0))
            }
        }
        return joined(&input)
    }

    private mutating func joined(_ input: inout ArraySlice<UInt8>) -> Piece? {
        held += MessageCutter.take(headerSize - held.count, from: &input)
        guard let (total, wanted) = measure(held[...]) else { return nil }
        guard let total else { return .invalid(length: wanted) }
        held += MessageCutter.take(wanted - held.count, from: &input)
        guard held.count == wanted else { return nil }
        missing = total - wanted
        let head = Head(bytes: held[...], isWhole: missing == 0, isInput: false, released: released)
        held = []
        released = 0
        return .head(head)
    }

    /// Lets go of what is held, for it to be forwarded; the message's head comes when it is complete all the same.
    mutating func release() -> ArraySlice<UInt8> {
        defer { released = held.count }
        return held[released...]
    }

    private var headerSize: Int {
        switch format {
        case .startup: 4
        case .typed: 5
        }
    }

    /// The length of the message that begins here and how much of it is looked at. Without a total, the second number
    /// is a length that is out of range.
    private func measure(_ bytes: ArraySlice<UInt8>) -> (total: Int?, wanted: Int)? {
        switch format {
        case .startup:
            var reader = ByteReader(bytes)
            guard let length = reader.int32().map({ Int($0) }) else { return nil }
            return MessageCutter.startupLengths.contains(length) ? (length, length) : (nil, length)
        case .typed(let side):
            var reader = ByteReader(bytes)
            guard let type = reader.byte(), let length = reader.int32().map({ Int($0) }) else { return nil }
            guard MessageCutter.typedLengths.contains(length) else { return (nil, length) }
            return (length + 1, min(length + 1, MessageCutter.lookedAt(type, from: side)))
        }
    }

    /// How many bytes of a message are looked at: all the text of a statement within reason, names, and of rows and
    /// passwords nothing but the header.
    private static func lookedAt(_ type: UInt8, from side: WireSide) -> Int {
        switch (side, type) {
        case (.client, FrontendType.query), (.client, FrontendType.parse): 1 << 20
        case (.client, FrontendType.bind), (.client, FrontendType.execute), (.client, FrontendType.close): 1 << 12
        // Held until the server ends, an error that a postmaster out of processes sends in protocol 2's form, without a
        // length, still gets through: it is shorter than any length its text could be taken for.
        case (.server, BackendType.errorResponse): 1 << 16
        case (.server, BackendType.parameterStatus), (.server, BackendType.commandComplete): 1 << 12
        case (.server, BackendType.readyForQuery): 6
        default: 5
        }
    }

    private static func take(_ count: Int, from input: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let part = input.prefix(max(0, count))
        input = input.dropFirst(part.count)
        return part
    }
}
