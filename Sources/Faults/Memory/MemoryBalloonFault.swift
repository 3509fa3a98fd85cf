import Engine
import Scenarios

/// Holds memory inside the target's cgroup, so that the target's own limits apply to the sum.
public struct MemoryBalloonFault: FaultKind {
    public static let schema = FaultSchema(
        name: "memory.balloon",
        summary: "Takes and holds dirty anonymous memory inside the target's cgroup.",
        targets: [.cgroup],
        parameters: [
            ParameterSchema("size", .bytes, required: true, "How much memory to hold."),
            ParameterSchema("ramp", .duration, default: "0s", "Time over which it grows to its size."),
            ParameterSchema(
                "pulse", .duration, default: "0s",
                "Length of a cycle: held for one half of it, given back for the other; 0s holds all the time."),
        ],
        requirements: ["memory controller"],
        verifiedBy: "anonymous resident memory of the balloon reaches the size asked for, within 1 %",
        undoneBy: "killing and removing the cgroup the balloon lives in")

    private let target: ResolvedTarget
    private let stressor: Stressor
    private let size: UInt64

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        self.target = target
        size = specification.parameters.bytes("size") ?? 0
        guard size > 0 else { throw FaultError("memory.balloon: size must be more than nothing") }
        let ramp = specification.parameters.duration("ramp") ?? .zero
        stressor = Stressor(
            specification.id, in: try target.requireCgroup(for: specification.name),
            arguments: [
                "balloon", "--bytes", String(size), "--ramp-ms", String(Int(ramp.inSeconds * 1000)),
                "--pulse-ms", String(Int((specification.parameters.duration("pulse") ?? .zero).inSeconds * 1000)),
            ])
    }

    public func plan() async throws -> [Change] {
        try target.confirmCgroup()
        return [try stressor.change(value: "balloon of \(size) bytes")]
    }

    public func observe() async throws -> Observation {
        let pids = try stressor.processes()
        var resident: UInt64 = 0
        for pid in pids { resident += try target.table.anonymousBytes(of: pid) }
        return ["resident": Double(resident), "processes": Double(pids.count)]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let resident = now["resident"] ?? 0
        if resident >= Double(size) * 0.99 { return .seen("the balloon holds \(Int(resident)) of \(size) bytes") }
        return .notYet("the balloon holds \(Int(resident)) of \(size) bytes")
    }
}
