import Cgroups
import Engine
import LinuxSystem
import Scenarios

/// Freezes and thaws the target in turn (cgroup-v2.rst, cgroup.freeze): what a virtual machine feels whose host steals
/// time, or a process with long collector pauses.
public struct CgroupStutterFault: FaultKind {
    public static let schema = FaultSchema(
        name: "cgroup.stutter", summary: "Freezes and thaws the target over and over.", targets: [.cgroup],
        parameters: [
            ParameterSchema("period", .duration, default: "200ms", "From one freeze to the next, 10ms…60s."),
            ParameterSchema(
                "frozen", .fraction(0.01...0.99), default: "50%", "Part of each period that it stands still."),
        ],
        requirements: [], verifiedBy: "its processes were seen frozen, and seen to run in between",
        undoneBy: "writing back the bytes that cgroup.freeze held")

    private let cgroup: Cgroup
    private let target: ResolvedTarget
    private let period: Duration
    private let share: Double
    private let count: Count

    /// Freezes that the kernel confirmed.
    private actor Count {
        var freezes = 0

        func add() { freezes += 1 }
    }

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        cgroup = try target.requireCgroup(for: specification.name)
        self.target = target
        period = specification.parameters.duration("period") ?? .milliseconds(200)
        share = specification.parameters.fraction("frozen") ?? 0.5
        count = Count()
        guard (Duration.milliseconds(10)...Duration.seconds(60)).contains(period) else {
            throw FaultError("cgroup.stutter: the period must be from 10ms to 60s, not \(period.short)")
        }
    }

    public func plan() async throws -> [Change] {
        try target.confirmCgroup()
        var change = try Change.kernelKnob("cgroup.freeze", of: cgroup, to: "1")
        // Both values that it alternates between are known to the undo: the prior one and the injected one.
        change.activity = { [cgroup, period, share, count] _ in
            var next = MonotonicClock.now()
            while true {
                try await Task.sleep(until: .now + period * share, tolerance: .zero, clock: .continuous)
                if try cgroup.readCounters("cgroup.events")["frozen"] == 1 { await count.add() }
                try cgroup.write("cgroup.freeze", "0")
                next += period
                let rest = next - MonotonicClock.now()
                try await Task.sleep(until: .now + max(rest, .milliseconds(1)), tolerance: .zero, clock: .continuous)
                // After a moment in which the harness itself stood still, the rhythm starts afresh.
                if rest < .zero { next = MonotonicClock.now() }
                try cgroup.write("cgroup.freeze", "1")
            }
        }
        return [change]
    }

    public func observe() async throws -> Observation {
        ["freezes": Double(await count.freezes)]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let freezes = (now["freezes"] ?? 0) - (before["freezes"] ?? 0)
        return freezes >= 2 ? .seen("frozen and thawed \(Int(freezes)) times so far") : .notYet("not yet twice")
    }
}
