import Engine
import LinuxSystem
import Scenarios

/// Uses up CPU time inside the target's cgroup, so that the target's own quota and weight apply to the sum.
public struct CPUBurnerFault: FaultKind {
    public static let schema = FaultSchema(
        name: "cpu.burner", summary: "Uses an exact share of CPU time inside the target's cgroup.",
        targets: [.cgroup],
        parameters: [
            ParameterSchema(
                "share", .fraction(0.01...64), required: true,
                "CPU time to use; 100% is one whole CPU, 250% two and a half.")
        ],
        requirements: ["no controller"],
        verifiedBy: "the burner's own cpu.stat shows at least 90 % of the share over 300 ms or more; while the CPUs "
            + "are busy a quarter of that will do, if it waited for a CPU for the rest",
        undoneBy: "killing and removing the cgroup the burner lives in")

    private let target: ResolvedTarget
    private let stressor: Stressor
    private let share: Double

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        self.target = target
        share = specification.parameters.fraction("share") ?? 0
        stressor = Stressor(
            specification.id, in: try target.requireCgroup(for: specification.name),
            arguments: ["burner", "--share", String(share)])
    }

    public func plan() async throws -> [Change] {
        try target.confirmCgroup()
        return [try stressor.change(value: "burner of \(ParameterValue.fraction(share).text) CPU")]
    }

    public func observe() async throws -> Observation {
        guard let age = try stressor.age() else { return [:] }
        // cpu.stat of a cgroup is there without the controller (cgroup-v2.rst).
        let used = try stressor.cgroup.readCounters("cpu.stat")["usage_usec"] ?? 0
        return ["used": Double(used) / 1e6, "waited": stressor.waitForCPU().inSeconds, "age": age.inSeconds]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        guard let used = now["used"], let age = now["age"], age >= 0.3 else { return .notYet("it has just begun") }
        func percent(_ time: Double) -> String { "\((time / age * 1000).rounded() / 10) %" }
        let wanted = 0.9 * share * age
        let span = "over \((age * 10).rounded() / 10) s"
        if used >= wanted { return .seen("it used \(percent(used)) of a CPU \(span)") }
        // Whoever else wants to run has to share with it: that it is there is felt, though it gets less.
        let waited = now["waited"] ?? 0
        let text = "\(percent(used)) of a CPU and waited for one \(percent(waited)) of the time \(span)"
        let isCrowdedOut = used >= wanted / 4 && used + waited >= wanted
        return isCrowdedOut ? .seen("it used \(text)") : .notYet("it used only \(text)")
    }
}
