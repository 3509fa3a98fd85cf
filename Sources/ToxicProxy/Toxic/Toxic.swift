/// A stretch of a stream.
public typealias Bytes = ArraySlice<UInt8>

/// A toxic's state on one direction of one connection.
///
/// To add a toxic: a file in `Toxics/` with a ``ToxicKind`` and its `Toxic`, its name in ``ToxicCatalogue``, and a test. A
/// toxic decides what becomes of bytes and when they go on; it never looks at a clock of its own, so that what it does
/// follows from what it is told. A toxic that does not promise loss hands on every byte once and in order.
public protocol Toxic {
    /// Takes bytes that arrive now.
    mutating func pass(_ bytes: Bytes, at now: Moment, to next: inout ToxicOutput)

    /// The sender has sent its last byte.
    mutating func end(at now: Moment, to next: inout ToxicOutput)

    /// What to do with the connection of its own accord, and how many nanoseconds after the toxic met the stream.
    var ending: (after: Int64, kind: ConnectionEnding)? { get }

    /// Bytes that may wait here before reading stops.
    var capacity: Int { get }

    /// What becomes of a connection when the toxic is taken away. Bytes that were swallowed cannot be made good.
    var endingOnRemoval: ConnectionEnding? { get }
}

extension Toxic {
    public mutating func end(at now: Moment, to next: inout ToxicOutput) { next.end(at: now) }
    public var ending: (after: Int64, kind: ConnectionEnding)? { nil }
    public var capacity: Int { 1 << 18 }
    public var endingOnRemoval: ConnectionEnding? { nil }
}

/// How a proxied connection is ended.
public enum ConnectionEnding: Hashable, Sendable {
    /// Orderly, with FIN.
    case close
    /// With RST (SO_LINGER 0, socket(7)).
    case reset
    /// The sender is gone and the receiver is told nothing.
    case vanish
}

/// Which half of a proxied connection.
public enum StreamDirection: String, Hashable, Sendable, CaseIterable, Codable {
    /// From the client to the server.
    case upstream
    /// From the server to the client.
    case downstream
}
