import Engine
import Journal
import LinuxSystem
import Scenarios
import Synchronization

/// A fault on the questions that a target asks its name server: what all of them have in common.
protocol NameFault: FaultKind {
    /// - Throws: for parameters that do not go together.
    static func treatment(_ parameters: Parameters) throws(FaultError) -> ResolverStandIn.Treatment

    var resolver: AppliedResolver { get }

    init(resolver: AppliedResolver)
}

extension NameFault {
    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        self.init(
            resolver: try AppliedResolver(specification, on: target, try Self.treatment(specification.parameters)))
    }

    public func plan() async throws -> [Change] { try await resolver.changes() }

    public func observe() async throws -> Observation {
        let counts = resolver.standIn.counts
        return ["met": Double(counts.met), "passed": Double(counts.passed)]
    }

    static func nameSchema(
        _ name: String, _ summary: String, _ parameters: [ParameterSchema], verifiedBy: String
    ) -> FaultSchema {
        FaultSchema(
            name: name, summary: summary, targets: [.process, .cgroup],
            parameters: [
                ParameterSchema(
                    "hosts", .text, required: true, "Names, with commas between; *.example.org is all below it.")
            ] + parameters + [
                ParameterSchema(
                    "server", .text, "Address of the name server; when left out, the first of the target's resolv.conf."
                )
            ],
            requirements: [
                "nftables; modules nf_tables, nft_redir, nft_chain_nat",
                "a network namespace of the target's own, its loopback device up; questions over UDP",
            ],
            verifiedBy: verifiedBy, undoneBy: "removing Brink's own table; questions go to the server again")
    }
}

/// A stand-in for a target's name server, and the rule that leads questions to it.
final class AppliedResolver: Sendable {
    let standIn: ResolverStandIn
    private let fault: String
    private let target: ResolvedTarget
    private let server: NameServer?
    private let table = FilterTableName.make()
    private let port = Mutex<UInt16>(0)

    init(
        _ specification: FaultSpecification, on target: ResolvedTarget, _ treatment: ResolverStandIn.Treatment
    ) throws(FaultError) {
        fault = specification.name
        self.target = target
        let hosts = specification.parameters.text("hosts") ?? ""
        guard let names = HostNames(hosts) else {
            throw FaultError("\(fault): hosts: \"\(hosts)\" are no names; write db.internal, *.example.org")
        }
        standIn = ResolverStandIn(names: names, treatment: treatment)
        server = try specification.parameters.text("server").map { text throws(FaultError) in
            guard let server = NameServer(text) else {
                throw FaultError("\(specification.name): server: \"\(text)\" is no address")
            }
            return server
        }
        try target.refuseNetworkOfHost("the whole machine's questions would be answered by Brink")
    }

    func changes() async throws -> [Change] {
        try target.confirmCgroup()
        let (namespace, server) = try await Blocking.run { [self] in
            (try target.ownNetwork(for: fault), try self.server ?? firstServer())
        }
        let undo = UndoAction.FilterTable(namespace: namespace, name: table)
        return [
            // First, so that it is there for as long as the rule is.
            Change(
                subject: "a stand-in for the name server \(server.text) in \(namespace)", prior: "none",
                value: "listens on loopback",
                undo: .inProcess { [standIn] in
                    await standIn.stop()
                    return .restored
                }
            ) { [self] in
                let port = try await standIn.start(in: namespace, before: server)
                self.port.withLock { $0 = port }
            },
            Change(
                subject: "table inet \(table) in \(namespace)", prior: "not there",
                value: "questions to \(server.text) go to the stand-in", undo: .journaled(.removeFilterTable(undo))
            ) { [self] in
                let rules = rules(for: server, port: port.withLock { $0 })
                try await Blocking.run { _ = try NetworkTool.nft.run([rules], in: namespace) }
            },
        ]
    }

    private func firstServer() throws -> NameServer {
        let process = try target.process ?? target.processes().first
        guard let process else { throw FaultError("\(fault): \(target.id) has no process") }
        return try NameServer.first(of: process.pid)
    }

    private func rules(for server: NameServer, port: UInt16) -> String {
        let address = "\(server.isIPv6 ? "ip6" : "ip") daddr \(server.text)"
        // Before the usual translations (-100): a container engine's own resolver is reached through one.
        return [
            "add table inet \(table)",
            "add chain inet \(table) questions { type nat hook output priority -110; policy accept; }",
            "add rule inet \(table) questions meta mark != \(ResolverStandIn.mark) \(address) udp dport 53 counter "
                + "redirect to :\(port)",
        ].joined(separator: "; ")
    }
}
