import CgroupLayouts
import Cgroups
import Engine
import LinuxSystem
import Scenarios

/// Applies one of the named pressure profiles of `cgroups/profiles` to a cgroup.
public struct CgroupProfileFault: FaultKind {
    public static let schema = FaultSchema(
        name: "cgroup.profile", summary: "Sets several knobs of the target at once, by the name of a pressure profile.",
        targets: [.cgroup],
        parameters: [
            ParameterSchema(
                "name", .choice(CgroupLayouts.profiles.keys.sorted()), required: true,
                "A file of cgroups/profiles, which says when to use it.")
        ],
        requirements: ["the controllers of the profile's knobs"],
        verifiedBy: "throttled time, events at a memory limit or stalled time of the target count up",
        undoneBy: "writing back the bytes that each knob held")

    private let cgroup: Cgroup
    private let target: ResolvedTarget
    private let profile: LayoutFile

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        let name = specification.parameters.text("name") ?? ""
        guard let text = CgroupLayouts.profiles[name] else {
            throw FaultError("cgroup.profile: unknown profile \(name)")
        }
        self.cgroup = try target.requireCgroup(for: specification.name)
        self.target = target
        do throws(SystemError) {
            profile = try LayoutFile(text, name: "cgroups/profiles/\(name).conf")
        } catch {
            throw FaultError("\(error)")
        }
    }

    public func plan() async throws -> [Change] {
        try target.confirmCgroup()
        var changes: [Change] = []
        for entry in profile.entries {
            // A knob that has the profile's value already stays out of it.
            guard let knob = entry.knob, let value = entry.value, try cgroup.readText(knob) != value else { continue }
            changes.append(try .knob(knob, of: target, to: value))
        }
        guard !changes.isEmpty else { throw FaultError("cgroup.profile: \(target.id) is set so already") }
        return changes
    }

    public func observe() async throws -> Observation {
        var observation: Observation = [:]
        // A controller that is not there shows nothing; the profile's other knobs may.
        if let stat = try? cgroup.readCounters("cpu.stat") {
            observation["throttled"] = Double(stat["throttled_usec"] ?? 0)
        }
        if let events = try? cgroup.readCounters("memory.events") {
            observation["events"] = Double((events["high"] ?? 0) + (events["max"] ?? 0))
        }
        for resource in ["cpu", "memory"] {
            guard let bytes = try? cgroup.read("\(resource).pressure"), let stall = PressureStall(bytes) else {
                continue
            }
            observation["\(resource) stall"] = Double(stall.some.totalMicroseconds)
        }
        return observation
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        for (name, least, unit) in [
            ("throttled", 1.0, "µs throttled"), ("events", 1, "events at a memory limit"),
            ("cpu stall", 1000, "µs stalled for CPU"), ("memory stall", 1000, "µs stalled for memory"),
        ] {
            let growth = (now[name] ?? 0) - (before[name] ?? 0)
            if growth >= least { return .seen("\(Int(growth)) \(unit) so far") }
        }
        return .notYet("nothing was throttled or stalled")
    }
}
