import Engine
import Journal
import LinuxSystem
import Scenarios

/// A fault on the packets of a target: those to a link need a pair of interfaces of the link's own.
protocol PacketPathFault: FaultKind {}

/// A fault that the kernel's network emulator (tc-netem(8)) makes: what all of them have in common.
protocol PacketFault: PacketPathFault {
    /// Arguments of `tc … netem`.
    /// - Throws: for parameters that do not go together.
    static func discipline(_ parameters: Parameters) throws(FaultError) -> [String]

    var queue: AppliedQueue { get }

    init(queue: AppliedQueue)
}

extension PacketFault {
    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        self.init(
            queue: try AppliedQueue(specification, on: target, try Self.discipline(specification.parameters)))
    }

    public func plan() async throws -> [Change] {
        try await Blocking.run { [queue] in try queue.changes() }
    }

    public func observe() async throws -> Observation {
        try await Blocking.run { [queue] in try queue.observe() }
    }

    /// The schema, with what is the same for every one of them.
    static func packetSchema(
        _ name: String, _ summary: String, _ parameters: [ParameterSchema], verifiedBy: String
    ) -> FaultSchema {
        FaultSchema(
            name: name, summary: summary, targets: [.process, .cgroup, .link],
            parameters: parameters + ParameterSchema.packetSelection,
            requirements: [
                "iproute2; modules sch_netem, ifb, cls_flower, act_mirred",
                "a network namespace of the target's own, or a link; a device that nobody shapes",
            ],
            verifiedBy: verifiedBy,
            undoneBy: "removing Brink's own filters, hook and queue devices; what waits in them is lost")
    }
}
