import Engine
import Scenarios

/// All kinds of faults, by name. The one place that lists them.
public struct FaultRegistry: Sendable {
    public static let kinds: [any FaultKind.Type] = [
        MemoryHighFault.self, MemoryMaxFault.self, MemoryBalloonFault.self,
        CPUMaxFault.self, CgroupFreezeFault.self, CgroupProfileFault.self,
        OpenFilesLimitFault.self, ProcessSignalFault.self,
        PostgresRestartFault.self, PostgresKillFault.self,
        LatencyToxicFault.self, BandwidthToxicFault.self, TimeoutToxicFault.self, ResetPeerToxicFault.self,
        DownToxicFault.self,
    ]

    /// Schemas of all kinds, in the order of the reference.
    public static var schemas: [FaultSchema] { kinds.map { $0.schema } }

    /// Makes the fault that a specification asks for.
    public static func make(
        _ specification: FaultSpecification, on target: ResolvedTarget
    ) throws(FaultError) -> any Fault {
        guard let kind = kinds.first(where: { $0.schema.name == specification.name }) else {
            throw FaultError("no fault is called \(specification.name)")
        }
        return try kind.init(specification, on: target)
    }
}
