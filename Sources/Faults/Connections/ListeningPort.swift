import Engine
import Glibc
import LinuxSystem

/// A TCP port that a target listens on, and how to reach it.
struct ListeningPort: Hashable, Sendable {
    /// 4 or 16 bytes in network order.
    let address: [UInt8]
    let port: UInt16
    /// A process whose network namespace it is in.
    let pid: Int32
    /// Nil for the harness's own.
    let namespace: NetworkNamespace?

    /// The address as it stands in a URL.
    var host: String {
        guard address.count == 16 else { return address.map(String.init).joined(separator: ".") }
        let groups = stride(from: 0, to: 16, by: 2).map {
            String(UInt16(address[$0]) << 8 | UInt16(address[$0 + 1]), radix: 16)
        }
        return "[\(groups.joined(separator: ":"))]"
    }

    /// Where a link listens, or the one port that the target's processes listen on, or the one that is named.
    /// - Parameter fault: what looks for it, for the words of an error.
    init(of target: ResolvedTarget, port: Int?, for fault: String) async throws {
        if let link = target.link {
            try self.init(link: await link.listen, pid: getpid(), for: fault)
        } else {
            self = try ListeningPort.find(of: target, port: port, for: fault)
        }
    }

    private static func find(of target: ResolvedTarget, port: Int?, for fault: String) throws -> ListeningPort {
        let own = try NetworkNamespace.inode(of: target.table.ownIdentity().pid)
        var found: [ListeningPort] = []
        var tables: [UInt64: TCPSocketTable] = [:]
        for process in try target.processes() {
            // One that ends meanwhile listens no more.
            guard let sockets = try? target.table.sockets(of: process.pid), !sockets.isEmpty,
                let inode = try? NetworkNamespace.inode(of: process.pid)
            else { continue }
            let table = try tables[inode] ?? TCPSocketTable(of: process.pid)
            tables[inode] = table
            for entry in table.entries where entry.state == .listen && sockets.contains(entry.inode) {
                guard port == nil || port == Int(entry.localPort),
                    !found.contains(where: { $0.port == entry.localPort })
                else { continue }
                found.append(
                    ListeningPort(
                        address: try reachable(entry.localAddress, from: process.pid), port: entry.localPort,
                        pid: process.pid, namespace: inode == own ? nil : try NetworkNamespace(of: process.pid)))
            }
        }
        guard let first = found.first else {
            throw FaultError(
                "\(fault): \(target.id) listens on no TCP port\(port.map { " \($0)" } ?? "")")
        }
        guard found.count == 1 else {
            let ports = found.map { String($0.port) }.joined(separator: ", ")
            throw FaultError("\(fault): \(target.id) listens on the ports \(ports): name one with `port`")
        }
        return first
    }

    /// The address of a link that this process serves.
    private init(link: String, pid: Int32, for fault: String) throws(FaultError) {
        guard let colon = link.lastIndex(of: ":"), let port = UInt16(link[link.index(after: colon)...]) else {
            throw FaultError("\(fault): the link's address \(link) is not host:port")
        }
        let numbers = link[..<colon].split(separator: ".").compactMap { UInt8($0) }
        guard numbers.count == 4 else {
            throw FaultError("\(fault): the link listens on \(link); give it an IPv4 address to listen on")
        }
        self.init(address: numbers == [0, 0, 0, 0] ? [127, 0, 0, 1] : numbers, port: port, pid: pid, namespace: nil)
    }

    private init(address: [UInt8], port: UInt16, pid: Int32, namespace: NetworkNamespace?) {
        self.address = address
        self.port = port
        self.pid = pid
        self.namespace = namespace
    }

    /// Whoever listens on all addresses is reached on loopback.
    private static func reachable(_ address: [UInt8], from pid: Int32) throws(SystemError) -> [UInt8] {
        guard address.allSatisfy({ $0 == 0 }) else { return address }
        if address.count == 4 { return [127, 0, 0, 1] }
        let loopback = [UInt8](repeating: 0, count: 15) + [1]
        let addresses = try SystemFile.readText("/proc/\(pid)/net/if_inet6")
        return addresses.contains("00000000000000000000000000000001 ") ? loopback : [127, 0, 0, 1]
    }
}
