/// The network devices of the calling thread's namespace.
public enum NetworkDevices {
    /// Their names (proc_pid_net(5), `dev`).
    public static func names() throws(SystemError) -> [String] {
        // Two lines of headings; a name may touch the colon and the figures after it.
        String(decoding: try SystemFile.read("/proc/thread-self/net/dev"), as: UTF8.self).split(separator: "\n")
            .dropFirst(2).compactMap { line in
                line.split(separator: ":", maxSplits: 1).first.map { String($0.drop(while: { $0 == " " })) }
            }
    }

    /// The one that the default route for IPv4 leads to (proc_pid_net(5), `route`); nil when there is none.
    public static func ofDefaultRoute() throws(SystemError) -> String? {
        try routes().first { $0.destination == 0 && $0.mask == 0 }?.device
    }

    /// A route for IPv4; numbers are in the byte order of the network.
    public struct Route: Hashable, Sendable {
        public let device: String
        public let destination: UInt32
        public let mask: UInt32

        public init(device: String, destination: UInt32, mask: UInt32) {
            self.device = device
            self.destination = destination
            self.mask = mask
        }
    }

    /// Routes for IPv4 of the main table.
    public static func routes() throws(SystemError) -> [Route] {
        String(decoding: try SystemFile.read("/proc/thread-self/net/route"), as: UTF8.self).split(separator: "\n")
            .dropFirst().compactMap { line in
                let fields = line.split(whereSeparator: { $0 == "\t" || $0 == " " })
                guard fields.count > 7, let destination = UInt32(fields[1], radix: 16),
                    let mask = UInt32(fields[7], radix: 16)
                else { return nil }
                // Printed as this machine reads the four bytes.
                return Route(
                    device: String(fields[0]), destination: UInt32(bigEndian: destination),
                    mask: UInt32(bigEndian: mask))
            }
    }
}
