import Cgroups
import Engine
import Journal
import LinuxSystem
import Scenarios

/// Holds the target's memory pressure at a value by moving memory.high (cgroup-v2.rst; psi.rst).
///
/// A fixed limit gives a pressure that nobody can foretell: it depends on the working set, the disk and the moment. Here
/// a controller does what oomd and senpai do in reverse: it measures the stalled time itself and moves the limit until
/// the target stalls for the share of time that was asked for.
public struct PressureHoldFault: FaultKind {
    public static let schema = FaultSchema(
        name: "memory.pressure", summary: "Keeps the target stalled for memory for a set share of the time.",
        targets: [.cgroup],
        parameters: [
            ParameterSchema("some", .fraction(0.01...0.9), required: true, "memory.pressure some avg10 to hold."),
            ParameterSchema("band", .fraction(0.005...0.3), default: "3%", "How far from it counts as held."),
        ],
        requirements: ["memory controller", "PSI"],
        verifiedBy: "memory.pressure some avg10 came into the band",
        undoneBy: "writing back the bytes that memory.high held")

    private let cgroup: Cgroup
    private let target: ResolvedTarget
    private let share: Double
    private let band: Double

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        cgroup = try target.requireCgroup(for: specification.name)
        self.target = target
        share = specification.parameters.fraction("some") ?? 0
        band = specification.parameters.fraction("band") ?? 0.03
    }

    public func plan() async throws -> [Change] {
        try target.confirmCgroup()
        let current = try cgroup.readNumber("memory.current") ?? 0
        guard current > 0 else { throw FaultError("memory.pressure: \(target.id) uses no memory") }
        let prior = try cgroup.read("memory.high")
        let controller = PressureController(goal: share, limit: current)
        var change = try Change.kernelKnob("memory.high", of: cgroup, to: String(controller.limit))
        change.activity = { [cgroup] live in try await PressureHoldFault.hold(cgroup, prior, controller, live) }
        return [change]
    }

    private static func hold(
        _ cgroup: Cgroup, _ prior: [UInt8], _ controller: PressureController, _ live: LiveChange
    ) async throws {
        var controller = controller
        var last = (time: MonotonicClock.now(), stalled: Double(try pressure(cgroup).totalMicroseconds))
        while true {
            try await Task.sleep(for: PressureController.interval)
            let pressure = try pressure(cgroup)
            let now = (time: MonotonicClock.now(), stalled: Double(pressure.totalMicroseconds))
            let share = (now.stalled - last.stalled) / ((now.time - last.time) / .microseconds(1))
            last = now
            let before = controller.limit
            controller.step(
                stalled: share, average: pressure.average10 / 100,
                current: try cgroup.readNumber("memory.current") ?? 0)
            guard controller.limit != before else { continue }
            let values = [before, controller.limit].map { Array("\($0)\n".utf8) }
            try live.amend(
                .restoreKnob(
                    .init(
                        file: cgroup.file("memory.high"), inode: try cgroup.inode(), prior: prior, injected: values)))
            let value = String(controller.limit)
            // Lowering it reclaims in this very call (mm/memcontrol.c, memory_high_write).
            try await Blocking.run { try cgroup.write("memory.high", value) }
        }
    }

    /// The time in which at least one task stalled.
    private static func pressure(_ cgroup: Cgroup) throws -> PressureStall.Share {
        guard let pressure = PressureStall(try cgroup.read("memory.pressure")) else {
            throw FaultError("memory.pressure: \(cgroup) shows none; is PSI switched on (psi=1)?")
        }
        return pressure.some
    }

    public func observe() async throws -> Observation {
        guard let pressure = PressureStall(try cgroup.read("memory.pressure")) else { return [:] }
        return ["avg10": pressure.some.average10 / 100]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        guard let value = now["avg10"] else { return .notYet("there is no memory.pressure") }
        let text = "memory.pressure some avg10 is \((value * 1000).rounded() / 10) %"
        return abs(value - share) <= band ? .seen(text) : .notYet(text)
    }
}
