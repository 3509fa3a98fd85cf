import Engine
import Journal
import Scenarios
import ToxicProxy

/// Which packets of a device are meant, seen from the target.
struct PacketSelector: Hashable, Sendable {
    enum Direction: String, CaseIterable, Sendable {
        /// What the target sends; on a link, what its client sends.
        case out
        /// What it gets.
        case `in`

        /// Those that are meant.
        static func chosen(_ parameters: Parameters) -> [Direction] {
            parameters.text("direction").flatMap(Direction.init(rawValue:)).map { [$0] } ?? allCases
        }
    }

    /// The peer's port, for TCP and UDP.
    var port: Int?
    /// The target's own port.
    var localPort: Int?
    /// The peer's address or range.
    var address: String?

    var isEverything: Bool { port == nil && localPort == nil && address == nil }

    init(_ parameters: Parameters) throws(FaultError) {
        port = parameters.integer("port")
        localPort = parameters.integer("localPort")
        address = parameters.text("address")
        guard let address, AddressRange(address) == nil else { return }
        throw FaultError("address: \"\(address)\" is no address or range; write 192.0.2.7 or 10.0.0.0/8")
    }

    /// All packets.
    init() {}

    /// - Throws: where the target's packets are not its own to be chosen from: those of the whole machine, or a link's,
    ///   which are all alike.
    /// - Parameter consequence: what would be if they were the machine's.
    func confirm(on target: ResolvedTarget, for fault: String, else consequence: String) throws(FaultError) {
        if target.network == nil {
            try target.refuseNetworkOfHost(consequence)
        } else if !isEverything {
            throw FaultError(
                "\(fault): port, localPort and address: the interfaces of a link carry nothing but the link; leave "
                    + "them out")
        }
    }

    private var families: [String] {
        guard let address else { return ["ip", "ipv6"] }
        return [address.contains(":") ? "ipv6" : "ip"]
    }

    /// Keys of the filter `flower` (tc-flower(8)), one list for each filter that is needed, its protocol first.
    func flowerKeys(_ direction: Direction) -> [[String]] {
        let (peer, own) = direction == .out ? ("dst", "src") : ("src", "dst")
        var keys: [String] = []
        if let address { keys += ["\(peer)_ip", address] }
        var ports: [String] = []
        if let port { ports += ["\(peer)_port", "\(port)"] }
        if let localPort { ports += ["\(own)_port", "\(localPort)"] }
        return families.flatMap { family in
            ports.isEmpty
                ? [[family, "flower"] + keys]
                : ["tcp", "udp"].map { [family, "flower", "ip_proto", $0] + keys + ports }
        }
    }

    /// What a rule of nftables (nft(8)) matches.
    func filterExpression(_ direction: Direction) -> String {
        let (peer, own) = direction == .out ? ("d", "s") : ("s", "d")
        var parts: [String] = []
        if let address { parts.append("\(address.contains(":") ? "ip6" : "ip") \(peer)addr \(address)") }
        if port != nil || localPort != nil { parts.append("meta l4proto { tcp, udp }") }
        if let port { parts.append("th \(peer)port \(port)") }
        if let localPort { parts.append("th \(own)port \(localPort)") }
        return parts.joined(separator: " ")
    }

    /// Which sockets of the target such packets belong to (ss(8)).
    var socketFilter: [String] {
        var parts: [String] = []
        if let address { parts.append("dst \(address)") }
        if let port { parts.append("dport = :\(port)") }
        if let localPort { parts.append("sport = :\(localPort)") }
        return parts.isEmpty ? [] : [parts.joined(separator: " and ")]
    }

    /// In words.
    var words: String {
        var parts: [String] = []
        if let address { parts.append("with \(address)") }
        if let port { parts.append("port \(port)") }
        if let localPort { parts.append("own port \(localPort)") }
        return parts.isEmpty ? "all" : parts.joined(separator: ", ")
    }
}

extension ParameterSchema {
    /// Which packets; the same for every fault on packets.
    static let packetSelection: [ParameterSchema] = [
        ParameterSchema(
            "direction", .choice(["both"] + PacketSelector.Direction.allCases.map(\.rawValue)), default: "both",
            "out is what the target sends, on a link what its client sends."),
        ParameterSchema("port", .integer(1...65535), "Port of the peer, for TCP and UDP; all when left out."),
        ParameterSchema("localPort", .integer(1...65535), "The target's own port."),
        ParameterSchema("address", .text, "The peer's address or range, e.g. 10.0.0.0/8."),
        ParameterSchema(
            "interface", .text, "The device; when left out, that of the default route, else the only one, else lo."),
    ]
}
