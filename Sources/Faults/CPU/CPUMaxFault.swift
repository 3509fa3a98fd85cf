import Cgroups
import Engine
import Scenarios

/// Limits CPU time by the kernel's bandwidth control (cgroup-v2.rst, cpu.max).
public struct CPUMaxFault: FaultKind {
    public static let schema = FaultSchema(
        name: "cpu.max",
        summary: "Lets the target run for a share of each period only.",
        targets: [.cgroup],
        parameters: [
            ParameterSchema(
                "quota", .fraction(0.01...64), required: true, "CPU time; 100% is one whole CPU, 20% a fifth of one."),
            ParameterSchema("period", .duration, default: "100ms", "Length of a period, 1ms…1s."),
            ParameterSchema(
                "burst", .duration, "CPU time that may be saved up for later periods; no longer than the quota."),
        ],
        requirements: ["cpu controller"], verifiedBy: "cpu.stat nr_throttled counts up",
        undoneBy: "writing back the bytes that cpu.max held")

    private let cgroup: Cgroup
    private let target: ResolvedTarget
    private let quota: Int
    private let period: Int
    private let burst: Int?

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        self.cgroup = try target.requireCgroup(for: specification.name)
        self.target = target
        let period = specification.parameters.duration("period") ?? .milliseconds(100)
        guard (Duration.milliseconds(1)...Duration.seconds(1)).contains(period) else {
            throw FaultError("cpu.max: the period must be from 1ms to 1s (kernel/sched/core.c), not \(period.short)")
        }
        (quota, self.period, burst) = CPUMaxFault.microseconds(specification.parameters)
        guard quota >= 1000 else {
            throw FaultError("cpu.max: the quota must come to at least 1 ms a period; make the period longer")
        }
        guard burst ?? 0 <= quota else {
            throw FaultError("cpu.max: a burst of \(burst ?? 0) µs is longer than the quota of \(quota) µs")
        }
    }

    private static func microseconds(_ parameters: Parameters) -> (quota: Int, period: Int, burst: Int?) {
        let period = ((parameters.duration("period") ?? .milliseconds(100)).inSeconds * 1e6).rounded()
        return (
            Int((period * (parameters.fraction("quota") ?? 1)).rounded()), Int(period),
            parameters.duration("burst").map { Int(($0.inSeconds * 1e6).rounded()) }
        )
    }

    public static func foresee(_ specification: FaultSpecification) -> [ForeseenWrite] {
        let (quota, period, burst) = microseconds(specification.parameters)
        return [ForeseenWrite("cpu.max", "\(quota) \(period)")]
            + (burst.map { [ForeseenWrite("cpu.max.burst", String($0))] } ?? [])
    }

    public func plan() async throws -> [Change] {
        try target.confirmCgroup()
        var changes: [Change] = [try .knob("cpu.max", of: target, to: "\(quota) \(period)")]
        // After the quota, which it may not exceed, and taken back before it.
        if let burst, try cgroup.readText("cpu.max.burst") != String(burst) {
            changes.append(try .knob("cpu.max.burst", of: target, to: String(burst)))
        }
        return changes
    }

    public func observe() async throws -> Observation {
        let counters = try cgroup.readCounters("cpu.stat")
        return [
            "throttled": Double(counters["nr_throttled"] ?? 0), "time": Double(counters["throttled_usec"] ?? 0),
        ]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let periods = (now["throttled"] ?? 0) - (before["throttled"] ?? 0)
        let time = (now["time"] ?? 0) - (before["time"] ?? 0)
        if periods > 0 { return .seen("throttled in \(Int(periods)) periods, for \(Int(time)) µs so far") }
        return .notYet("the target has not used up its quota in any period")
    }
}
