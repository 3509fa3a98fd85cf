import Cgroups
import Engine
import Glibc
import Journal
import LinuxSystem
import Scenarios
import Synchronization

/// Holds memory inside the target's cgroup, so that the target's own limits apply to the sum.
///
/// The balloon lives in a child cgroup without controllers, which charges the target and can be killed and removed by
/// its name alone.
public struct MemoryBalloonFault: FaultKind {
    public static let schema = FaultSchema(
        name: "memory.balloon",
        summary: "Takes and holds dirty anonymous memory inside the target's cgroup.",
        targets: [.cgroup],
        parameters: [
            ParameterSchema("size", .bytes, required: true, "How much memory to hold."),
            ParameterSchema("ramp", .duration, default: "0s", "Time over which it grows to its size."),
        ],
        requirements: ["memory controller"],
        verifiedBy: "resident memory of the balloon reaches the size asked for, within 1 %",
        undoneBy: "killing and removing the cgroup the balloon lives in")

    private let cgroup: Cgroup
    private let target: ResolvedTarget
    private let balloon: Cgroup
    private let size: UInt64
    private let ramp: Duration

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        self.cgroup = try target.requireCgroup(for: specification.name)
        self.target = target
        self.balloon = cgroup.child("brink-\(specification.id)-\(getpid())")
        self.size = specification.parameters.bytes("size") ?? 0
        self.ramp = specification.parameters.duration("ramp") ?? .zero
        guard size > 0 else { throw FaultError("memory.balloon: size must be more than nothing") }
    }

    public func plan() async throws -> [Change] {
        try target.confirmCgroup()
        let stressor = try ProgramFolder.path(of: "brink-stressor")
        let milliseconds = Int(ramp.inSeconds * 1000)
        return [
            Change(
                subject: balloon.folder, prior: "absent", value: "balloon of \(size) bytes",
                undo: .journaled(.removeCgroup(folder: balloon.folder))
            ) { [balloon, size] in
                try await Blocking.run {
                    try balloon.create()
                    _ = try SpawnRequest(
                        stressor, ["balloon", "--bytes", String(size), "--ramp-ms", String(milliseconds)],
                        cgroup: balloon.folder, newSession: true
                    ).start()
                }
            }
        ]
    }

    public func observe() async throws -> Observation {
        guard balloon.exists else { return ["resident": 0, "processes": 0] }
        let pids = try balloon.processes()
        var resident: UInt64 = 0
        for pid in pids { resident += try target.table.residentBytes(of: pid) }
        return ["resident": Double(resident), "processes": Double(pids.count)]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let resident = now["resident"] ?? 0
        if resident >= Double(size) * 0.99 { return .seen("the balloon holds \(Int(resident)) of \(size) bytes") }
        return .notYet("the balloon holds \(Int(resident)) of \(size) bytes")
    }
}
