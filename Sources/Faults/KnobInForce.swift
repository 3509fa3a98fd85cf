import Cgroups
import Engine

/// A knob whose effect shows only under contention: seen when it has its value while processes live under it.
struct KnobInForce: Sendable {
    let knob: String
    let cgroup: Cgroup
    /// Exactly as the kernel shows it, without the newline.
    let value: String

    func change(of target: ResolvedTarget) throws -> Change { try .knob(knob, of: target, to: value) }

    func observe() throws -> Observation {
        [
            // systemd switches a unit's controller on with the change.
            "set": try cgroup.has(knob) && cgroup.readText(knob) == value ? 1 : 0,
            "populated": try cgroup.isPopulated() ? 1 : 0,
        ]
    }

    func verify(now: Observation) -> Verification {
        guard now["populated"] == 1 else { return .notYet("nothing runs in \(cgroup)") }
        return now["set"] == 1 ? .seen("\(knob) is \(value)") : .notYet("\(knob) is not \(value)")
    }
}
