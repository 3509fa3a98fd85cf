/// How a connection of a test ends. The server learns from the first byte what it is to do.
public enum ConnectionManner: UInt8, CaseIterable, Sendable {
    /// The client closes after the answer, and the server after it.
    case clientCloses
    /// The client sends RST after the answer (SO_LINGER 0, socket(7)).
    case clientResets
    /// The client ends its direction with the request and reads to the end.
    case clientEnds
    /// The server closes after the answer.
    case serverCloses
    /// The server sends RST after the answer, which may take the answer with it.
    case serverResets
    /// The server ends its direction after the answer, and waits for the client's end.
    case serverEnds
    /// The client is gone before the proxy has reached the server.
    case goneWhileDialing
    /// Nobody listens where the proxy dials.
    case refused
}

/// The first byte of a message: what the server does after it, and how long it is.
struct MessageHead {
    let byte: UInt8

    init(_ manner: ConnectionManner, doublings: UInt8) {
        byte = manner.rawValue | doublings << 4
    }

    init(byte: UInt8) {
        self.byte = byte
    }

    var manner: ConnectionManner? { ConnectionManner(rawValue: byte & 15) }
    /// Bytes in all, the first included: 16 doubled up to 15 times.
    var length: Int { 16 << Int(byte >> 4) }
}
