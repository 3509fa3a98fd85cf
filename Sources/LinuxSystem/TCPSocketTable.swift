/// The TCP sockets of a network namespace, IPv4 and IPv6, as /proc/PID/net/tcp and tcp6 list them (proc_pid_net(5)).
public struct TCPSocketTable: Sendable {
    public struct Entry: Hashable, Sendable {
        /// In network order; 4 or 16 bytes.
        public let localAddress: [UInt8]
        public let localPort: UInt16
        public let remotePort: UInt16
        public let state: State
        /// Of the socket; 0 while no process has accepted it, and after it was closed.
        public let inode: UInt64
    }

    /// include/net/tcp_states.h.
    public enum State: UInt8, Hashable, Sendable {
        case established = 1
        case synSent = 2
        case synReceived = 3
        case finWait1 = 4
        case finWait2 = 5
        case timeWait = 6
        case close = 7
        case closeWait = 8
        case lastAck = 9
        case listen = 10
        case closing = 11
        case newSynReceived = 12
    }

    public let entries: [Entry]

    /// Of the namespace that a process is in.
    public init(of pid: Int32, in root: String = "/proc") throws(SystemError) {
        try self.init(in: "\(root)/\(pid)/net")
    }

    /// - Parameter folder: with the files `tcp` and, unless the kernel has no IPv6, `tcp6`.
    public init(in folder: String) throws(SystemError) {
        var entries = TCPSocketTable.parse(try SystemFile.read("\(folder)/tcp"))
        if SystemFile.exists("\(folder)/tcp6") {
            entries += TCPSocketTable.parse(try SystemFile.read("\(folder)/tcp6"))
        }
        self.entries = entries
    }

    private static func parse(_ bytes: [UInt8]) -> [Entry] {
        String(decoding: bytes, as: UTF8.self).split(separator: "\n").dropFirst().compactMap { line in
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            guard fields.count > 9, let local = end(fields[1]), let remote = end(fields[2]),
                let state = UInt8(fields[3], radix: 16).flatMap(State.init(rawValue:)), let inode = UInt64(fields[9])
            else { return nil }
            return Entry(
                localAddress: local.address, localPort: local.port, remotePort: remote.port, state: state, inode: inode)
        }
    }

    /// `0100007F:1538`: the address as 32-bit words of the machine's own byte order, the port as a number.
    private static func end(_ text: Substring) -> (address: [UInt8], port: UInt16)? {
        let parts = text.split(separator: ":")
        guard parts.count == 2, let port = UInt16(parts[1], radix: 16), parts[0].count % 8 == 0 else { return nil }
        var address: [UInt8] = []
        var rest = parts[0]
        while !rest.isEmpty {
            guard let word = UInt32(rest.prefix(8), radix: 16) else { return nil }
            withUnsafeBytes(of: word) { address += $0 }
            rest = rest.dropFirst(8)
        }
        return (address, port)
    }
}
