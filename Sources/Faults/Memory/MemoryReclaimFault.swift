import Cgroups
import Engine
import LinuxSystem
import Scenarios

/// Has the kernel reclaim from the target once, without any limit (cgroup-v2.rst, memory.reclaim).
public struct MemoryReclaimFault: FaultKind {
    public static let schema = FaultSchema(
        name: "memory.reclaim",
        summary: "Takes memory from the target once: page cache first, and what can be swapped.",
        targets: [.cgroup],
        parameters: [
            ParameterSchema(
                "size", .bytesOrShare, required: true, "How much; a percentage is of memory.current when injected.")
        ],
        requirements: ["memory controller", "Linux 5.19"],
        verifiedBy: "memory.stat pgsteal counts pages reclaimed from the target",
        undoneBy: "nothing: the target reads or faults in again what it needs", isInstant: true)

    private let cgroup: Cgroup
    private let target: ResolvedTarget
    private let size: ParameterValue

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        cgroup = try target.requireCgroup(for: specification.name)
        self.target = target
        guard let size = specification.parameters["size"] else { throw FaultError("memory.reclaim: no size") }
        self.size = size
    }

    public func plan() async throws -> [Change] {
        try target.confirmCgroup()
        let current = try cgroup.readNumber("memory.current") ?? 0
        let bytes: UInt64
        switch size {
        case .bytes(let asked): bytes = asked
        case .fraction(let share): bytes = UInt64(Double(current) * share)
        default: throw FaultError("memory.reclaim: the size is no amount of memory")
        }
        return [
            Change(
                subject: cgroup.file("memory.reclaim"), prior: "\(current) bytes in use", value: String(bytes),
                undo: .nothing
            ) { [cgroup] in
                try await Blocking.run {
                    do throws(SystemError) {
                        try SystemFile.writeOnce(cgroup.file("memory.reclaim"), Array("\(bytes)".utf8))
                    } catch {
                        // EAGAIN: less than asked could be reclaimed, which is a result and no failure.
                        guard error.errno == .resourceTemporarilyUnavailable else { throw error }
                    }
                }
            }
        ]
    }

    public func observe() async throws -> Observation {
        ["stolen": Double(try cgroup.readCounters("memory.stat")["pgsteal"] ?? 0)]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let pages = (now["stolen"] ?? 0) - (before["stolen"] ?? 0)
        return pages > 0 ? .seen("\(Int(pages)) pages were reclaimed") : .notYet("nothing could be reclaimed")
    }
}
