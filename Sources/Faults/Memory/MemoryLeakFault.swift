import Engine
import LinuxSystem
import Scenarios

/// Takes memory inside the target's cgroup at a constant rate and never gives any back.
public struct MemoryLeakFault: FaultKind {
    public static let schema = FaultSchema(
        name: "memory.leak", summary: "Takes memory inside the target's cgroup at a constant rate, as a leak does.",
        targets: [.cgroup],
        parameters: [
            ParameterSchema("rate", .bytes, required: true, "Bytes per second."),
            ParameterSchema("limit", .bytes, required: true, "Where it stops growing; what it took it keeps."),
        ],
        requirements: ["memory controller"],
        verifiedBy: "its anonymous memory has grown at 90 % of the rate or more for 300 ms, or stands at the limit",
        undoneBy: "killing and removing the cgroup the leak lives in")

    private let target: ResolvedTarget
    private let stressor: Stressor
    private let rate: UInt64
    private let limit: UInt64

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        self.target = target
        rate = specification.parameters.bytes("rate") ?? 0
        limit = specification.parameters.bytes("limit") ?? 0
        guard rate > 0, limit > 0 else { throw FaultError("memory.leak: rate and limit must be more than nothing") }
        stressor = Stressor(
            specification.id, in: try target.requireCgroup(for: specification.name),
            arguments: ["leak", "--rate", String(rate), "--limit", String(limit)])
    }

    public func plan() async throws -> [Change] {
        try target.confirmCgroup()
        return [try stressor.change(value: "leak of \(rate) bytes a second, up to \(limit)")]
    }

    public func observe() async throws -> Observation {
        guard let age = try stressor.age(), let pid = try stressor.processes().first else { return [:] }
        return ["leaked": Double(try target.table.anonymousBytes(of: pid)), "age": age.inSeconds]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        guard let leaked = now["leaked"], let age = now["age"], age >= 0.3 else { return .notYet("it has just begun") }
        let text = "\(Int(leaked)) bytes leaked in \((age * 10).rounded() / 10) s"
        return leaked >= 0.9 * min(Double(rate) * age, Double(limit)) ? .seen(text) : .notYet(text)
    }
}
