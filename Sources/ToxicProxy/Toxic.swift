import NIOCore

/// A fault on one direction of a proxied TCP stream.
///
/// To add one: a file in `Toxics/` with a type of this protocol whose state belongs to one stream, and a test. A toxic
/// decides when bytes go on and whether they do; it never looks at a clock of its own. A toxic that does not promise
/// loss must hand on every byte once and in order.
public protocol Toxic: Sendable {
    /// Takes a piece of the stream with its moment of release so far, and says what becomes of it.
    mutating func pass(_ piece: StreamPiece) -> ToxicDecision

    /// What to do with the connection of its own accord, and how long after the toxic met the stream.
    var ending: (after: TimeAmount, kind: ConnectionEnding)? { get }
}

extension Toxic {
    public var ending: (after: TimeAmount, kind: ConnectionEnding)? { nil }
}

/// Some bytes of a stream and the moment at which they go on.
public struct StreamPiece: Sendable {
    public var bytes: ByteBuffer
    public var release: NIODeadline

    public init(bytes: ByteBuffer, release: NIODeadline) {
        self.bytes = bytes
        self.release = release
    }
}

/// What becomes of a piece.
public enum ToxicDecision: Sendable {
    /// It goes on, possibly later and in parts.
    case pass([StreamPiece])
    /// It is thrown away.
    case drop
}

/// How a proxied connection is ended by a toxic.
public enum ConnectionEnding: Hashable, Sendable {
    /// Orderly, with FIN.
    case close
    /// With RST (SO_LINGER 0, socket(7)).
    case reset
}

/// Which half of a proxied connection.
public enum StreamDirection: String, Hashable, Sendable, CaseIterable {
    /// From the client to the server.
    case upstream
    /// From the server to the client.
    case downstream
}

/// A toxic as it is asked for: what it does, on which direction, to which share of connections.
public struct ToxicSpecification: Sendable {
    public var name: String
    public var direction: StreamDirection
    /// Share of connections it applies to, 0…1.
    public var toxicity: Double
    /// Makes the toxic's state for one stream; the seed makes its choices repeatable.
    public var make: @Sendable (_ seed: UInt64) -> any Toxic

    public init(
        name: String, direction: StreamDirection, toxicity: Double = 1,
        make: @escaping @Sendable (_ seed: UInt64) -> any Toxic
    ) {
        self.name = name
        self.direction = direction
        self.toxicity = toxicity
        self.make = make
    }
}
