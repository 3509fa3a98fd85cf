import Cgroups
import Engine
import Glibc
import Journal
import LinuxSystem
import Scenarios

/// Fills the page cache on the target's account and keeps the pages in use, so that the target's own are evicted.
public struct PageCacheFault: FaultKind {
    public static let schema = FaultSchema(
        name: "memory.page-cache", summary: "Fills page cache inside the target's cgroup and keeps it in use.",
        targets: [.cgroup],
        parameters: [
            ParameterSchema("size", .bytes, required: true, "How much page cache to hold."),
            ParameterSchema("ramp", .duration, default: "0s", "Time over which it grows to its size."),
            ParameterSchema("folder", .text, default: "/var/tmp", "Where its file lies, with room for the size."),
        ],
        requirements: ["memory controller"],
        verifiedBy: "file of the target's memory.stat grows by the size, less 5 % for what is reclaimed",
        undoneBy: "killing and removing the cgroup it lives in, and removing its file")

    private let target: ResolvedTarget
    private let cgroup: Cgroup
    private let stressor: Stressor
    private let size: UInt64
    private let file: String

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        self.target = target
        let parameters = specification.parameters
        size = parameters.bytes("size") ?? 0
        guard size > 0 else { throw FaultError("memory.page-cache: size must be more than nothing") }
        cgroup = try target.requireCgroup(for: specification.name)
        file = "\(parameters.text("folder") ?? "/var/tmp")/brink-page-cache-\(specification.id)-\(getpid())"
        let ramp = parameters.duration("ramp") ?? .zero
        stressor = Stressor(
            specification.id, in: cgroup,
            arguments: [
                "page-cache", "--bytes", String(size), "--path", file, "--ramp-ms",
                String(Int(ramp.inSeconds * 1000)),
            ])
    }

    public func plan() async throws -> [Change] {
        try target.confirmCgroup()
        // The file is made by the stressor; its removal must be known first and done last.
        let removal = Change(
            subject: file, prior: "absent", value: "\(size) bytes", undo: .journaled(.removeTree(path: file))
        ) {}
        return [removal, try stressor.change(value: "page cache of \(size) bytes")]
    }

    public func observe() async throws -> Observation {
        let counters = try cgroup.readCounters("memory.stat")
        // It includes tmpfs, which a container or a VM without a disk has in place of /var/tmp.
        return ["file": Double(counters["file"] ?? 0)]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let growth = (now["file"] ?? 0) - (before["file"] ?? 0)
        let text = "the target's page cache grew by \(Int(growth)) bytes"
        return growth >= 0.95 * Double(size) ? .seen(text) : .notYet("\(text) of \(size)")
    }
}
