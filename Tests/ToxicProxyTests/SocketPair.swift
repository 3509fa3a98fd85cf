import CLinux
import Glibc

/// Both ends of a connection through a proxy: the client's, and the one that the server accepted. Non-blocking.
struct SocketPair {
    let client: Int32
    let server: Int32

    /// - Parameter listener: of a server that nobody else uses.
    init(to port: UInt16, through listener: TestListener) throws {
        var address = cl_address()
        _ = cl_address_inet(&address, "127.0.0.1", port)
        client = cl_stream_dial(&address)
        server = try listener.accept()
    }

    func close() {
        _ = Glibc.close(client)
        _ = Glibc.close(server)
    }
}

/// A listening socket of a server that a test plays itself.
struct TestListener {
    struct Failure: Error {
        let reason: String
    }

    let descriptor: Int32
    let port: UInt16

    init() throws {
        var address = cl_address()
        _ = cl_address_inet(&address, "127.0.0.1", 0)
        descriptor = cl_stream_listen(&address, 1024)
        guard descriptor >= 0, cl_stream_name(descriptor, &address) == 0 else { throw Failure(reason: "listen") }
        port = cl_address_port(&address)
    }

    /// Waits ten seconds at most.
    func accept() throws -> Int32 {
        var peer = cl_address()
        for _ in 0..<10_000 {
            let accepted = cl_stream_accept(descriptor, &peer)
            if accepted >= 0 { return accepted }
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            poll(&entry, 1, 1)
        }
        throw Failure(reason: "nobody connected")
    }

    func close() {
        _ = Glibc.close(descriptor)
    }
}

/// What one end of a connection sends and has received.
struct TrafficEnd {
    let descriptor: Int32
    private var unsent: ArraySlice<UInt8>
    private(set) var received: [UInt8] = []
    /// The other end has ended its direction.
    private(set) var isAtEnd = false
    /// Zero, or the negative error number that the connection ended with.
    private(set) var error: Int64 = 0
    private(set) var hasEnded = false

    init(descriptor: Int32, sending bytes: [UInt8]) {
        self.descriptor = descriptor
        unsent = bytes[...]
    }

    var isOver: Bool { error != 0 || (isAtEnd && hasEnded) }

    /// Sends up to so many bytes, and ends its direction after the last.
    mutating func send(_ count: Int) {
        guard !hasEnded, error == 0 else { return }
        if unsent.isEmpty {
            hasEnded = true
            _ = cl_stream_end(descriptor)
            return
        }
        let part = unsent.prefix(count)
        let sent = part.withUnsafeBytes { cl_stream_write(descriptor, $0.baseAddress, $0.count) }
        if sent > 0 { unsent = unsent.dropFirst(Int(sent)) } else if sent != Int64(-EAGAIN) { error = sent }
    }

    /// Reads up to so many bytes.
    mutating func receive(_ count: Int) {
        guard !isAtEnd, error == 0 else { return }
        var buffer = [UInt8](repeating: 0, count: count)
        let result = cl_stream_read(descriptor, &buffer, count)
        switch result {
        case 1...: received += buffer.prefix(Int(result))
        case 0: isAtEnd = true
        case Int64(-EAGAIN): break
        default: error = result
        }
    }
}
