import Cgroups
import Engine
import Scenarios

/// Kills every process of a cgroup and below at once (cgroup-v2.rst, cgroup.kill).
public struct CgroupKillFault: FaultKind {
    public static let schema = FaultSchema(
        name: "cgroup.kill", summary: "Kills every process of the target at once.", targets: [.cgroup], parameters: [],
        requirements: ["Linux 5.14"], verifiedBy: "cgroup.events shows populated 0",
        undoneBy: "nothing: what starts the target again is the target's own affair", isInstant: true)

    private let cgroup: Cgroup
    private let target: ResolvedTarget

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        cgroup = try target.requireCgroup(for: specification.name)
        self.target = target
    }

    public func plan() async throws -> [Change] {
        try target.confirmCgroup()
        let count = try cgroup.allProcesses().count
        guard count > 0 else { throw FaultError("cgroup.kill: there is no process in \(cgroup)") }
        return [
            Change(subject: cgroup.file("cgroup.kill"), prior: "\(count) processes", value: "1", undo: .nothing) {
                [cgroup] in
                try await Blocking.run { try cgroup.kill() }
            }
        ]
    }

    public func observe() async throws -> Observation {
        ["populated": try cgroup.isPopulated() ? 1 : 0]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        now["populated"] == 0 ? .seen("every process has ended") : .notYet("some still run")
    }
}
