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
        verifiedBy:
            "no more is in the compressed cache than the limit allows or than before, and more of the target is on the swap device",
        undoneBy: "writing back the bytes that memory.zswap.max held")

    private let cgroup: Cgroup
    private let target: ResolvedTarget
    private let bytes: UInt64

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        cgroup = try target.requireCgroup(for: specification.name)
        self.target = target
        bytes = (specification.parameters.bytes("value") ?? 0) / 4096 * 4096
    }

    public static func foresee(_ specification: FaultSpecification) -> [ForeseenWrite] {
        ForeseenWrite.memory("memory.zswap.max", specification.parameters["value"])
    }

    public func plan() async throws -> [Change] {
        try target.confirmCgroup()
        guard try SystemFile.readIfPresent("/sys/module/zswap/parameters/enabled")?.trimmedText == "Y" else {
            throw FaultError("memory.zswap.max: zswap is off on this machine, so the fault would change nothing")
        }
        return [try .knob("memory.zswap.max", of: target, to: String(bytes))]
    }

    public func observe() async throws -> Observation {
        // Uncompressed, as memory.swap.current counts it.
        let zswapped = try cgroup.readCounters("memory.stat")["zswapped"] ?? 0
        let swapped = try cgroup.readNumber("memory.swap.current") ?? 0
        return [
            "current": Double(try cgroup.readNumber("memory.zswap.current") ?? 0),
            "device": Double(swapped) - Double(zswapped),
            "set": try cgroup.readText("memory.zswap.max") == String(bytes) ? 1 : 0,
        ]
    }

    /// The kernel refuses what is over the limit from now on, and leaves what is in the cache already.
    public func verify(before: Observation, now: Observation) -> Verification {
        let current = UInt64(now["current"] ?? 0)
        let more = (now["device"] ?? 0) - (before["device"] ?? 0)
        guard now["set"] == 1, current <= max(bytes, UInt64(before["current"] ?? 0)) else {
            return .notYet("zswap keeps \(current) bytes")
        }
        guard more > 0 else { return .notYet("nothing was swapped out to the device since") }
        return .seen("zswap keeps \(current) of at most \(bytes) bytes, and \(UInt64(more)) more are on the device")
    }
}
