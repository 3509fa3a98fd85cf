import Cgroups
import Engine
import Scenarios

/// What memory.low and memory.min have in common: an amount that reclaim leaves to the target.
struct MemoryProtection: Sendable {
    private let knob: String
    private let cgroup: Cgroup
    private let target: ResolvedTarget
    private let bytes: UInt64

    init(_ knob: String, _ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        self.knob = knob
        cgroup = try target.requireCgroup(for: knob)
        self.target = target
        bytes = (specification.parameters.bytes("value") ?? 0) / 4096 * 4096
    }

    static func schema(_ name: String, _ summary: String) -> FaultSchema {
        FaultSchema(
            name: name, summary: summary, targets: [.cgroup],
            parameters: [
                ParameterSchema("value", .bytes, default: "0B", "What stays protected, rounded down to whole pages.")
            ],
            requirements: ["memory controller"],
            verifiedBy: "the knob shows the value, and memory of the target in use lost or gained protection by it",
            undoneBy: "writing back the bytes that \(name) held")
    }

    func plan() throws -> [Change] {
        try target.confirmCgroup()
        return [try .knob(knob, of: target, to: String(bytes))]
    }

    func observe() throws -> Observation {
        let current = Double(try cgroup.readNumber("memory.current") ?? 0)
        // `max` protects everything.
        let amount = try cgroup.readNumber(knob).map { Double($0) } ?? .infinity
        return ["protected": min(current, amount), "current": current]
    }

    func verify(before: Observation, now: Observation) -> Verification {
        guard let was = before["protected"], let current = now["current"] else { return .notYet("no figures") }
        let isNow = min(current, Double(bytes))
        guard was != isNow else { return .notYet("the target's memory in use is as protected as before") }
        return .seen("of \(Int(current)) bytes in use \(Int(isNow)) are protected, where \(Int(was)) were")
    }
}
