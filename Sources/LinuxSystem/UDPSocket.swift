import CLinux

/// Sockets for datagrams, made in the calling thread's network namespace (udp(7)).
public enum UDPSocket {
    /// A socket that waits for datagrams, and its port.
    public struct Bound: Sendable {
        /// Non-blocking; whoever asked for it owns it.
        public let descriptor: Int32
        public let port: UInt16
    }

    /// Takes a free port.
    /// - Parameter address: 4 or 16 bytes, in the order of the network.
    /// - Throws: EADDRNOTAVAIL when no device has the address.
    public static func bound(to address: [UInt8]) throws(SystemError) -> Bound {
        var port: UInt16 = 0
        let number = try check(cl_udp_bound(address, address.count, &port), "bind UDP", on: "address \(address)")
        return Bound(descriptor: number, port: port)
    }

    /// One that speaks to a server only, and whose packets can be told from others by their mark.
    /// - Returns: its descriptor, non-blocking, for the caller to own.
    /// - Throws: EPERM without CAP_NET_ADMIN (socket(7), SO_MARK), ENETUNREACH without a route.
    public static func connected(
        to address: [UInt8], port: UInt16, mark: UInt32
    ) throws(SystemError) -> Int32 {
        try check(
            cl_udp_marked(address, address.count, port, mark), "connect UDP", on: "address \(address) port \(port)")
    }
}
