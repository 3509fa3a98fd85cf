import Engine
import Faults
import Glibc
import Journal
import LinuxSystem
import Scenarios
import ToxicProxy

/// Makes a pair of interfaces for a link whose packets are to be disturbed.
///
/// One end is in Brink's own network namespace, the other in a new one, and there the proxy listens: a socket belongs to
/// the namespace it was made in. So all that the link's clients send and get crosses the pair, and nothing else does.
struct InterfacePairMaker {
    /// A pair, and where the link listens.
    struct Pair: Sendable {
        let network: LinkNetwork
        let address: String

        /// Makes a socket in the link's namespace.
        var place: SocketPlace {
            { [namespace = network.namespace] make in
                do throws(SystemError) {
                    return try namespace.run { () throws(SystemError) in make() }
                } catch {
                    return -error.errno.rawValue
                }
            }
        }
    }

    private let folder: String
    private let journal: JournalWriter

    /// - Parameter folder: the run's scratch folder.
    init(folder: String, journal: JournalWriter) {
        self.folder = folder
        self.journal = journal
    }

    /// - Throws: `HarnessError` when a tool is missing, no addresses are free or the kernel refuses.
    func make(for link: String) throws -> Pair {
        let number = UInt32.random(in: .min ... .max)
        // At most 15 bytes (IFNAMSIZ of if.h).
        let near = "brinkl\(String(number, radix: 16))"
        let far = "link"
        let mount = "\(try SystemFile.resolved(folder))/\(link).net"
        let sequence = try journal.intend(
            [.removeInterfacePair(.init(mount: mount, device: near))], owner: "services")
        let pair: Pair
        do throws(SystemError) {
            let block = try InterfacePairMaker.freeBlock(startingAt: number, around: NetworkDevices.routes())
            let namespace = try NetworkNamespace.make(on: mount)
            try NetworkTool.ip.run(
                ["link", "add", "name", near, "type", "veth", "peer", "name", far, "netns", mount])
            try InterfacePairMaker.open(near, at: block + 1)
            try namespace.run { () throws(SystemError) in
                try NetworkTool.ip.run(["link", "set", "dev", "lo", "up"])
                try InterfacePairMaker.open(far, at: block + 2)
            }
            pair = Pair(
                network: LinkNetwork(namespace: namespace, device: far),
                address: InterfacePairMaker.text(of: block + 2))
        } catch {
            throw HarnessError(.preflight, "link \(link): its interfaces: \(error)")
        }
        for number in sequence { try journal.applied(number) }
        return pair
    }

    /// Gives a device its address and opens it. Packets are the size that a wire would carry: a burst that is to be
    /// segmented later would be lost, delayed or reordered as one.
    private static func open(_ device: String, at address: UInt32) throws(SystemError) {
        try NetworkTool.ip.batch([
            ["link", "set", "dev", device, "addrgenmode", "none", "gso_max_segs", "1"],
            ["address", "add", "\(text(of: address))/30", "dev", device],
            ["link", "set", "dev", device, "up"],
        ])
    }

    /// Four addresses of 198.18.0.0/15, which no network uses (RFC 2544, for benchmarks), that this machine has no route
    /// to but the default one.
    static func freeBlock(
        startingAt number: UInt32, around routes: [NetworkDevices.Route]
    ) throws(SystemError) -> UInt32 {
        let base: UInt32 = 198 << 24 | 18 << 16
        let count: UInt32 = 1 << 15
        let routes = routes.filter { $0.mask != 0 }
        for offset in 0..<count {
            let block = base + (number &+ offset) % count * 4
            let isTaken = routes.contains { route in
                block & route.mask == route.destination || route.destination & ~3 == block
            }
            if !isTaken { return block }
        }
        throw SystemError(
            "find four free addresses", on: "198.18.0.0/15", .addressNotAvailable,
            advice: "this machine routes all of it: give a part of it free")
    }

    static func text(of address: UInt32) -> String {
        [24, 16, 8, 0].map { String(address >> $0 & 255) }.joined(separator: ".")
    }
}
