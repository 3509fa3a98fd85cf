import CLinux
import Glibc

/// TCP sockets of the calling thread's network namespace.
public enum TCPSocket {
    /// A connection with the port of this end. Closing it, in whatever way, resets it: the peer's end goes at once and no
    /// port stays in TIME_WAIT.
    public struct Connection: ~Copyable, Sendable {
        public let descriptor: OwnedDescriptor
        public let ownPort: UInt16

        /// Whether the peer has closed or reset it.
        public var isOver: Bool { cl_tcp_is_over(descriptor.number) > 0 }

        /// Sends what the socket takes now.
        /// - Returns: bytes taken, 0 while its buffer is full; nil when the connection is over.
        public func sendWithoutWaiting(_ bytes: ArraySlice<UInt8>) -> Int? {
            let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
            let count = bytes.withUnsafeBytes { send(descriptor.number, $0.baseAddress, $0.count, flags) }
            if count >= 0 { return count }
            return errno == EAGAIN || errno == EINTR ? 0 : nil
        }
    }

    /// - Parameters:
    ///   - address: 4 or 16 bytes in network order.
    ///   - deadline: at least 1 ms.
    /// - Throws: ETIMEDOUT also when the listener's queue is full; EADDRNOTAVAIL when no ephemeral port is free.
    public static func connect(
        _ address: [UInt8], _ port: UInt16, within deadline: Duration
    ) throws(SystemError) -> Connection {
        var ownPort: UInt16 = 0
        let milliseconds = Int32(clamping: max(1, Int(deadline / .milliseconds(1))))
        let number = try check(
            cl_tcp_connect(address, address.count, port, milliseconds, &ownPort), "connect", on: "TCP port \(port)")
        return Connection(descriptor: OwnedDescriptor(owning: number), ownPort: ownPort)
    }

    /// How many ephemeral ports are free, counted up to a limit by taking them for a moment, and what connect(2) says
    /// while they are taken.
    /// - Parameter limit: more than this are not taken.
    public static func probePorts(upTo limit: Int) throws(SystemError) -> PortProbe {
        var taken: [Int32] = []
        defer { for number in taken { _ = close(number) } }
        while taken.count < limit {
            var port: UInt16 = 0
            let number = cl_tcp_take_port(&port)
            if number == -EADDRINUSE { break }
            taken.append(try check(number, "bind an ephemeral port", on: "0.0.0.0"))
        }
        var port: UInt16 = 0
        // Nobody listens on tcpmux; whether the port answers is not what is asked.
        let number = cl_tcp_connect([127, 0, 0, 1], 4, 1, 200, &port)
        if number >= 0 { _ = close(number) }
        return PortProbe(free: taken.count, connectError: number < 0 ? -number : 0)
    }

    /// What `probePorts` saw.
    public struct PortProbe: Hashable, Sendable {
        public let free: Int
        /// 0 for a connection that was made.
        public let connectError: Int32
    }
}
