import Cgroups
import Engine
import Scenarios

/// Limits the swap that the target may use (cgroup-v2.rst, memory.swap.max).
public struct SwapMaxFault: FaultKind {
    public static let schema = FaultSchema(
        name: "memory.swap.max",
        summary: "Limits the swap of the target; with 0B its anonymous memory must stay in RAM.",
        targets: [.cgroup],
        parameters: [
            ParameterSchema(
                "value", .bytes, default: "0B",
                "The limit, rounded down to whole pages; what is swapped out already stays there.")
        ],
        requirements: ["memory controller", "swap"],
        verifiedBy: "memory.swap.events max counts up, or the target's swap stands at or below the limit",
        undoneBy: "writing back the bytes that memory.swap.max held")

    private let cgroup: Cgroup
    private let target: ResolvedTarget
    private let bytes: UInt64

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        cgroup = try target.requireCgroup(for: specification.name)
        self.target = target
        bytes = (specification.parameters.bytes("value") ?? 0) / 4096 * 4096
    }

    public static func foresee(_ specification: FaultSpecification) -> [ForeseenWrite] {
        ForeseenWrite.memory("memory.swap.max", specification.parameters["value"])
    }

    public func plan() async throws -> [Change] {
        try target.confirmCgroup()
        guard try SwapArea.isThere() else {
            throw FaultError("memory.swap.max: this machine has no swap, so the fault would change nothing")
        }
        return [try .knob("memory.swap.max", of: target, to: String(bytes))]
    }

    public func observe() async throws -> Observation {
        [
            "events": Double(try cgroup.readCounters("memory.swap.events")["max"] ?? 0),
            "current": Double(try cgroup.readNumber("memory.swap.current") ?? 0),
            "set": try cgroup.readText("memory.swap.max") == String(bytes) ? 1 : 0,
        ]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let events = (now["events"] ?? 0) - (before["events"] ?? 0)
        if events > 0 { return .seen("swap was refused \(Int(events)) times so far") }
        let current = UInt64(now["current"] ?? 0)
        guard now["set"] == 1, current <= bytes else { return .notYet("\(current) bytes are swapped out") }
        return .seen("the target swaps \(current) of at most \(bytes) bytes")
    }
}
