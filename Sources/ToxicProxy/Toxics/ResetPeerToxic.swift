import NIOCore

/// Ends the connection with RST after a time, counted from the toxic's or the connection's start, the later one.
public struct ResetPeerToxic: Toxic {
    private let timeout: TimeAmount

    public init(timeout: TimeAmount) {
        self.timeout = timeout
    }

    public mutating func pass(_ piece: StreamPiece) -> ToxicDecision { .pass([piece]) }

    public var ending: (after: TimeAmount, kind: ConnectionEnding)? { (timeout, .reset) }
}
