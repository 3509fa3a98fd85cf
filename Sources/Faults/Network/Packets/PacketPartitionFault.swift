import Engine
import Journal
import LinuxSystem
import Scenarios

/// Cuts a target off, wholly or from some peers, in both directions or one, by a table of nftables of Brink's own
/// (nft(8)) in the target's network namespace.
public struct PacketPartitionFault: PacketPathFault {
    public static let schema = FaultSchema(
        name: "packet.partition",
        summary:
            "Cuts the target off from its peers, or from one of them: packets vanish, or are answered with a reset.",
        targets: [.process, .cgroup, .link],
        parameters: [
            ParameterSchema(
                "action", .choice(Action.allCases.map(\.rawValue)), default: "drop",
                "drop is silence; reject is answered, for TCP with RST, else with ICMP port unreachable.")
        ] + ParameterSchema.packetSelection,
        requirements: [
            "nftables; modules nf_tables, nft_reject_inet",
            "a network namespace of the target's own, or a link",
        ], verifiedBy: "packets that the table's rules have counted", undoneBy: "removing Brink's own table")

    private enum Action: String, CaseIterable {
        case drop
        case reject
    }

    private let target: ResolvedTarget
    private let action: Action
    private let selector: PacketSelector
    private let directions: [PacketSelector.Direction]
    private let interface: String?
    private let table = FilterTableName.make()

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        self.target = target
        let parameters = specification.parameters
        action = parameters.text("action").flatMap(Action.init(rawValue:)) ?? .drop
        selector = try PacketSelector(parameters)
        directions = PacketSelector.Direction.chosen(parameters)
        interface = parameters.text("interface")
        try selector.confirm(on: target, for: specification.name, else: "the whole machine would be cut off")
    }

    public func plan() async throws -> [Change] {
        try target.confirmCgroup()
        return try await Blocking.run { [self] in
            let path = try PacketPath(of: target, interface: interface, for: "packet.partition")
            let rules = rules(on: path)
            let undo = UndoAction.FilterTable(namespace: path.namespace, name: table)
            return [
                Change(
                    subject: "table inet \(table) in \(path.namespace)", prior: "not there",
                    value: rules.joined(separator: "; "), undo: .journaled(.removeFilterTable(undo))
                ) {
                    // One transaction: all of it is in force, or nothing (nft(8)).
                    try await Blocking.run {
                        _ = try NetworkTool.nft.run([rules.joined(separator: "; ")], in: undo.namespace)
                    }
                }
            ]
        }
    }

    private func rules(on path: PacketPath) -> [String] {
        var rules = ["add table inet \(table)"]
        for direction in directions {
            let isOutput = path.isLoopback ? direction == .out : path.hook(direction) == .egress
            let (chain, device) = isOutput ? ("output", "oifname") : ("input", "iifname")
            // Before connection tracking and everybody else's rules.
            rules.append(
                "add chain inet \(table) \(chain) { type filter hook \(chain) priority -300; policy accept; }")
            let match =
                "add rule inet \(table) \(chain) \(device) \(path.device) \(selector.filterExpression(direction))"
            switch action {
            case .drop: rules.append("\(match) counter drop")
            case .reject:
                rules.append("\(match) meta l4proto tcp counter reject with tcp reset")
                rules.append("\(match) counter reject")
            }
        }
        return rules
    }

    /// What the rules have counted so far.
    public func observe() async throws -> Observation {
        try await Blocking.run { [self] in
            let path = try PacketPath(of: target, interface: interface, for: "packet.partition")
            return try path.namespace.run { [table] () throws(SystemError) in
                let tables = try NetworkTool.nft.run(["list", "tables", "inet"]).trimmedText
                guard tables.split(separator: "\n").contains("table inet \(table)") else { return ["packets": 0] }
                let shown = try NetworkTool.nft.run(["list", "table", "inet", table]).trimmedText
                return ["packets": Double(PacketPartitionFault.packets(in: shown))]
            }
        }
    }

    /// The sum of `counter packets N bytes M` over all rules.
    static func packets(in shown: String) -> Int {
        let words = shown.split(whereSeparator: { $0 == " " || $0 == "\n" || $0 == "\t" })
        return zip(words, words.dropFirst()).reduce(0) { $1.0 == "packets" ? $0 + (Int($1.1) ?? 0) : $0 }
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let packets = now.growth(of: "packets", since: before)
        guard packets > 0 else { return .notYet("no packet came that had to be stopped") }
        return .seen("\(packets) packets \(action == .drop ? "dropped" : "rejected")")
    }
}

/// The names of Brink's tables of nftables.
enum FilterTableName {
    static func make() -> String { "brink_\(String(UInt32.random(in: .min ... .max), radix: 16))" }
}
