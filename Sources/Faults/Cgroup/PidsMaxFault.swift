import Cgroups
import Engine
import Scenarios

/// Limits the processes and threads of the target (cgroup-v2.rst, pids.max).
public struct PidsMaxFault: FaultKind {
    public static let schema = FaultSchema(
        name: "pids.max", summary: "Limits the number of processes and threads in the target.", targets: [.cgroup],
        parameters: [
            ParameterSchema("value", .integer(0...4_194_304), "The limit; what runs already goes on."),
            ParameterSchema(
                "spare", .integer(0...4_194_304),
                "In place of value: how many more there may be, counted from those there are when injected."),
        ],
        requirements: ["pids controller"],
        verifiedBy: "pids.events max counts a fork(2) or clone(2) that failed with EAGAIN",
        undoneBy: "writing back the bytes that pids.max held")

    private let cgroup: Cgroup
    private let target: ResolvedTarget
    private let value: Int?
    private let spare: Int?

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        cgroup = try target.requireCgroup(for: specification.name)
        self.target = target
        value = specification.parameters.integer("value")
        spare = specification.parameters.integer("spare")
        guard (value == nil) != (spare == nil) else { throw FaultError("pids.max: give either value or spare") }
    }

    public static func foresee(_ specification: FaultSpecification) -> [ForeseenWrite] {
        let parameters = specification.parameters
        let value = parameters.integer("value").map { String($0) }
        return [
            ForeseenWrite(
                "pids.max", value ?? "what pids.current then shows and \(parameters.integer("spare") ?? 0) more")
        ]
    }

    public func plan() async throws -> [Change] {
        try target.confirmCgroup()
        let current = Int(try cgroup.readNumber("pids.current") ?? 0)
        return [try .knob("pids.max", of: target, to: String(value ?? current + (spare ?? 0)))]
    }

    public func observe() async throws -> Observation {
        // Since Linux 6.12 the refusals of this very limit are in the local file; before, pids.events had just these.
        let file = cgroup.has("pids.events.local") ? "pids.events.local" : "pids.events"
        return [
            "refused": Double(try cgroup.readCounters(file)["max"] ?? 0),
            "current": Double(try cgroup.readNumber("pids.current") ?? 0),
        ]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let refused = (now["refused"] ?? 0) - (before["refused"] ?? 0)
        if refused > 0 { return .seen("\(Int(refused)) forks failed with EAGAIN so far") }
        return .notYet("\(Int(now["current"] ?? 0)) run, and none more was asked for")
    }
}
