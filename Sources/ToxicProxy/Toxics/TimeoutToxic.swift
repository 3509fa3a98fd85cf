import NIOCore

/// Lets nothing through and closes the connection after a time; zero never closes it.
public struct TimeoutToxic: Toxic {
    private let timeout: TimeAmount

    public init(timeout: TimeAmount) {
        self.timeout = timeout
    }

    public mutating func pass(_ piece: StreamPiece) -> ToxicDecision { .drop }

    public var ending: (after: TimeAmount, kind: ConnectionEnding)? {
        timeout.nanoseconds > 0 ? (timeout, .close) : nil
    }
}
