import Cgroups
import Engine
import LinuxSystem
import Scenarios

/// Keeps the target's pages out of the compressed cache in front of swap (cgroup-v2.rst, memory.zswap.max).
public struct ZswapFault: FaultKind {
    public static let schema = FaultSchema(
        name: "memory.zswap.max",
        summary: "Limits what zswap keeps compressed for the target; 0B sends it to the disk.",
        targets: [.cgroup],
        parameters: [ParameterSchema("value", .bytes, default: "0B", "The limit, rounded down to whole pages.")],
        requirements: ["memory controller", "a kernel with zswap switched on"],
        verifiedBy: "memory.zswap.current stands at or below the limit",
        undoneBy: "writing back the bytes that memory.zswap.max held")

    private let cgroup: Cgroup
    private let target: ResolvedTarget
    private let bytes: UInt64

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        cgroup = try target.requireCgroup(for: specification.name)
        self.target = target
        bytes = (specification.parameters.bytes("value") ?? 0) / 4096 * 4096
    }

    public func plan() async throws -> [Change] {
        try target.confirmCgroup()
        guard try SystemFile.readIfPresent("/sys/module/zswap/parameters/enabled")?.trimmedText == "Y" else {
            throw FaultError("memory.zswap.max: zswap is off on this machine, so the fault would change nothing")
        }
        return [try .knob("memory.zswap.max", of: target, to: String(bytes))]
    }

    public func observe() async throws -> Observation {
        [
            "current": Double(try cgroup.readNumber("memory.zswap.current") ?? 0),
            "set": try cgroup.readText("memory.zswap.max") == String(bytes) ? 1 : 0,
        ]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let current = UInt64(now["current"] ?? 0)
        guard now["set"] == 1, current <= bytes else { return .notYet("zswap keeps \(current) bytes") }
        return .seen("zswap keeps \(current) of at most \(bytes) bytes")
    }
}
