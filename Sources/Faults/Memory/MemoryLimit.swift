import Cgroups
import Engine
import LinuxSystem
import Scenarios

/// What memory.high and memory.max have in common: a byte limit on a cgroup, given in bytes or as a share of what the
/// cgroup uses at the moment of injection.
struct MemoryLimit: Sendable {
    let knob: String
    let cgroup: Cgroup
    let target: ResolvedTarget
    private let value: ParameterValue

    init(_ knob: String, _ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        guard let value = specification.parameters["value"] else { throw FaultError("\(knob): no value") }
        self.knob = knob
        self.cgroup = try target.requireCgroup(for: knob)
        self.target = target
        self.value = value
    }

    static let parameter = ParameterSchema(
        "value", .bytesOrShare, required: true,
        "The limit; a percentage is of memory.current when the fault is injected. Rounded down to whole pages.")

    func plan() throws -> [Change] {
        try target.confirmCgroup()
        let bytes: UInt64
        switch value {
        case .bytes(let asked): bytes = asked
        case .fraction(let share): bytes = UInt64(Double(try cgroup.readNumber("memory.current") ?? 0) * share)
        default: throw FaultError("\(knob): the value is no amount of memory")
        }
        let page: UInt64 = 4096
        return [try .knob(knob, of: target, to: String(bytes / page * page))]
    }

    /// The event counter that the limit raises, current use, and the limit in force.
    func observe(event: String) throws -> Observation {
        // The local file leaves out what cgroups below did at limits of their own; it came with Linux 5.2.
        let file = cgroup.has("memory.events.local") ? "memory.events.local" : "memory.events"
        let events = try cgroup.readCounters(file)
        return [
            "events": Double(events[event] ?? 0), "killed": Double(events["oom_kill"] ?? 0),
            "current": Double(try cgroup.readNumber("memory.current") ?? 0),
            // `max`, as before the injection, is no limit at all and so has no figure.
            "limit": try cgroup.readNumber(knob).map { Double($0) },
        ].compactMapValues { $0 }
    }

    /// Seen when the kernel counted events at the limit, or reclaimed what was above it.
    func verify(before: Observation, now: Observation) -> Verification {
        guard let events = now["events"], let eventsBefore = before["events"], let current = now["current"],
            let currentBefore = before["current"], let limit = now["limit"]
        else { return .notYet("no figures") }
        if events > eventsBefore {
            return .seen(
                "memory.events counted \(Int(events - eventsBefore)) times at the limit of \(Int(limit)) bytes")
        }
        if currentBefore > limit, current <= limit {
            return .seen("reclaimed from \(Int(currentBefore)) to \(Int(current)) bytes, limit \(Int(limit))")
        }
        return .notYet("memory.current is \(Int(current)) of \(Int(limit)) bytes and no event was counted")
    }
}
