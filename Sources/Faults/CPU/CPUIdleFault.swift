import Cgroups
import Engine
import Scenarios

/// Lets the target run only when nothing else wants the CPU (cgroup-v2.rst, cpu.idle; SCHED_IDLE for a whole cgroup).
public struct CPUIdleFault: FaultKind {
    public static let schema = FaultSchema(
        name: "cpu.idle", summary: "Lets the target run only on CPUs that its siblings leave idle.",
        targets: [.cgroup], parameters: [], requirements: ["cpu controller", "Linux 5.15"],
        verifiedBy: "cpu.idle shows 1 while processes of the target run",
        undoneBy: "writing back the bytes that cpu.idle and cpu.weight held")

    private let cgroup: Cgroup
    private let target: ResolvedTarget

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        cgroup = try target.requireCgroup(for: specification.name)
        self.target = target
    }

    public static func foresee(_ specification: FaultSpecification) -> [ForeseenWrite] {
        // A cgroup that Brink makes has the usual weight, which leaving idle brings back.
        [ForeseenWrite("cpu.idle", "1")]
    }

    public func plan() async throws -> [Change] {
        try target.confirmCgroup()
        var changes: [Change] = []
        // Leaving idle sets the weight to 100 (kernel/sched/fair.c, sched_group_set_idle), so it must be put back, and
        // while idle it shows as 0.
        let usual = "100"
        // systemd puts back the weight of a unit itself.
        if target.unit == nil, try cgroup.readText("cpu.weight") != usual {
            changes.append(try .kernelKnob("cpu.weight", of: cgroup, to: usual, sideEffects: ["0"]))
        }
        changes.append(try .knob("cpu.idle", of: target, to: "1"))
        return changes
    }

    public func observe() async throws -> Observation {
        [
            "idle": try cgroup.has("cpu.idle") && cgroup.readText("cpu.idle") == "1" ? 1 : 0,
            "populated": try cgroup.isPopulated() ? 1 : 0,
        ]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        guard now["populated"] == 1 else { return .notYet("nothing runs in \(cgroup)") }
        return now["idle"] == 1 ? .seen("cpu.idle is 1") : .notYet("cpu.idle is not 1")
    }
}
