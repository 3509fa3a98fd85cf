import Engine
import Journal
import LinuxSystem
import Scenarios

/// Where a target's packets pass: a device in a network namespace that is not the machine's.
struct PacketPath: Sendable {
    let namespace: NetworkNamespace
    let device: String
    /// The far end of a link, whose client is on the other side: what that sends comes in here.
    let isFarEnd: Bool

    private static let loopback = "lo"

    var isLoopback: Bool { device == PacketPath.loopback }

    /// Finds it as it is now.
    /// - Throws: when the target has none of its own.
    init(of target: ResolvedTarget, interface: String?, for fault: String) throws {
        if let network = target.network {
            guard interface == nil else {
                throw FaultError("\(fault): interface: a link has one pair of interfaces, made for it; leave it out")
            }
            namespace = network.namespace
            device = network.device
            isFarEnd = true
            return
        }
        let namespace = try target.ownNetwork(for: fault)
        self.namespace = namespace
        isFarEnd = false
        let (names, main) = try namespace.run { () throws(SystemError) in
            (try NetworkDevices.names().filter { !PacketQueueName.isOne($0) }, try NetworkDevices.ofDefaultRoute())
        }
        guard let interface else {
            let others = names.filter { $0 != PacketPath.loopback }
            guard main != nil || others.count < 2 else {
                throw FaultError(
                    "\(fault): \(target.id) has the devices \(others.joined(separator: ", ")) and no default route: "
                        + "name one as interface")
            }
            device = main ?? others.first ?? PacketPath.loopback
            return
        }
        guard names.contains(interface) else {
            throw FaultError(
                "\(fault): \(target.id) has no device \(interface); it has \(names.joined(separator: ", "))")
        }
        device = interface
    }

    /// Where packets of a direction can be caught on the device. On loopback each passes both hooks, so one is enough.
    func hook(_ direction: PacketSelector.Direction) -> UndoAction.PacketQueue.Lane.Hook {
        if isLoopback { return .egress }
        return (direction == .out) == isFarEnd ? .ingress : .egress
    }

    var name: String { "\(device) in \(namespace)" }
}

/// The names of the devices that packets are led through.
enum PacketQueueName {
    private static let prefix = "brinkq"

    /// A new one: at most 15 bytes (IFNAMSIZ of if.h).
    static func make() -> String {
        prefix + String(UInt32.random(in: .min ... .max), radix: 16)
    }

    static func isOne(_ device: String) -> Bool { device.hasPrefix(prefix) }
}
