import Engine
import Glibc
import Journal
import LinuxSystem
import Scenarios

/// Leaves only a few ephemeral ports in the target's network namespace (ip(7), ip_local_port_range).
///
/// The range is narrowed to ports that nobody uses, and those of it that are still too many are added to
/// ip_local_reserved_ports: no port is held by a socket, so both settings can be put back by anybody who enters the
/// namespace. What is connected stays so. The kernel counts ports for each remote address and port: connections to two
/// servers may share one. UDP chooses from the same range. To see the effect Brink takes what is left for a moment.
public struct EphemeralPortsFault: FaultKind {
    public static let schema = FaultSchema(
        name: "ports.exhaust",
        summary: "Leaves only a few ephemeral ports free in the target's network namespace: then connect(2) fails with "
            + "EADDRNOTAVAIL.",
        targets: [.process, .cgroup],
        parameters: [
            ParameterSchema("free", .integer(0...256), default: "0", "How many ports stay free.")
        ],
        requirements: [
            "a network namespace of the target's own: never that of pid 1 or of Brink", "its loopback device up",
        ],
        verifiedBy: "in that namespace no more than so many ports can be bound, and connect(2) says EADDRNOTAVAIL then",
        undoneBy: "writing back the bytes of both settings from inside the namespace, found by its inode and cookie")

    private static let rangeFile = "/proc/sys/net/ipv4/ip_local_port_range"
    private static let reservedFile = "/proc/sys/net/ipv4/ip_local_reserved_ports"

    private let target: ResolvedTarget
    private let free: Int

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        self.target = target
        free = specification.parameters.integer("free") ?? 0
        try target.refuseNetworkOfHost("the whole machine would lack ports")
    }

    public func plan() async throws -> [Change] {
        try target.confirmCgroup()
        return try await Blocking.run { [self] in try changes(in: target.ownNetwork(for: "ports.exhaust")) }
    }

    private func changes(in namespace: NetworkNamespace) throws -> [Change] {
        let range = try namespace.run { () throws(SystemError) in try SystemFile.read(EphemeralPortsFault.rangeFile) }
        let list = try namespace.run { () throws(SystemError) in try SystemFile.read(EphemeralPortsFault.reservedFile) }
        let sockets = try namespace.run { () throws(SystemError) in try TCPSocketTable(in: "/proc/thread-self/net") }
        let ends = range.trimmedText.split(whereSeparator: { $0 == "\t" || $0 == " " }).map { UInt16($0) }
        guard ends.count == 2, let low = ends[0], let high = ends[1], low <= high,
            var reserved = PortSet(list.trimmedText)
        else {
            throw FaultError(
                "ports.exhaust: \(EphemeralPortsFault.rangeFile) shows \"\(range.trimmedText)\", "
                    + "\(EphemeralPortsFault.reservedFile) \"\(list.trimmedText)\": not understood")
        }
        let stretch = try PortStretch(
            free: free, within: low...high, taken: reserved.ports.union(sockets.entries.map(\.localPort)))
        var changes: [Change] = []
        if Array(stretch.rangeText.utf8) != range {
            changes.append(
                change(EphemeralPortsFault.rangeFile, in: namespace, from: range, to: Array(stretch.rangeText.utf8)))
        }
        if !stretch.reserved.isEmpty {
            for port in stretch.reserved { reserved.insert(port) }
            changes.append(
                change(
                    EphemeralPortsFault.reservedFile, in: namespace, from: list, to: Array("\(reserved.text)\n".utf8)))
        }
        guard !changes.isEmpty else {
            throw FaultError("ports.exhaust: \(namespace) has no more than \(free) ephemeral ports already")
        }
        return changes
    }

    private func change(
        _ file: String, in namespace: NetworkNamespace, from prior: [UInt8], to injected: [UInt8]
    ) -> Change {
        let knob = UndoAction.NetworkKnob(file: file, namespace: namespace, prior: prior, injected: injected)
        return Change(
            subject: knob.name, prior: prior.trimmedText, value: injected.trimmedText,
            undo: .journaled(.restoreNetworkKnob(knob))
        ) {
            try await Blocking.run {
                try knob.write(injected)
                let seen = try knob.current()
                guard seen == injected else {
                    throw FaultError(
                        "\(knob.name) shows \"\(seen.trimmedText)\" after \"\(injected.trimmedText)\" was written")
                }
            }
        }
    }

    /// Takes the ports that are left for a moment, and asks for one more.
    public func observe() async throws -> Observation {
        let limit = free + 1
        let probe = try await Blocking.run { [self] in
            try target.ownNetwork(for: "ports.exhaust").run { () throws(SystemError) in
                try TCPSocket.probePorts(upTo: limit)
            }
        }
        return ["free": Double(probe.free), "error": Double(probe.connectError)]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let left = Int(now["free"] ?? 0)
        guard left <= free else { return .notYet("more than \(free) ephemeral ports are free") }
        switch Int32(now["error"] ?? 0) {
        case EADDRNOTAVAIL:
            return .seen("\(left) ephemeral ports are free; without them connect says EADDRNOTAVAIL")
        case ENETUNREACH: return .notYet("\(left) ephemeral ports are free, but loopback is down there")
        case let error:
            return .notYet("\(left) ephemeral ports are free, but connect says \(String(cString: strerror(error)))")
        }
    }
}
