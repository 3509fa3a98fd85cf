/// One end of a connection that a test plays, plain or with TLS.
protocol TrafficPeer {
    var received: [UInt8] { get }
    /// The other end has ended its direction, as it should.
    var isAtEnd: Bool { get }
    /// Zero, or the negative error number that the connection ended with.
    var error: Int64 { get }
    var hasEnded: Bool { get }

    /// Sends up to so many bytes, and ends its direction after the last.
    mutating func send(_ count: Int)
    /// Reads up to so many bytes.
    mutating func receive(_ count: Int)
}

extension TrafficPeer {
    var isOver: Bool { error != 0 || (isAtEnd && hasEnded) }
}

extension TrafficEnd: TrafficPeer {}
