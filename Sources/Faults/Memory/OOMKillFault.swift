import Cgroups
import Engine
import Journal
import LinuxSystem
import Scenarios

/// Brings about one OOM kill inside the target (cgroup-v2.rst, memory.max).
///
/// The limit is set so low that all page cache and half of the largest process must go: the kernel kills once, the
/// limit is lifted at that very moment, and whatever else is in the target lives on. Since the kernel may look again
/// before the first one's memory is back (exit_mmap marks a process as reaped before its pages are uncharged), the
/// others are exempted meanwhile, unless memory.oom.group says that they die together.
public struct OOMKillFault: FaultKind {
    public static let schema = FaultSchema(
        name: "memory.oom_kill", summary: "Makes the kernel's OOM killer end a process of the target.",
        targets: [.cgroup],
        parameters: [], requirements: ["memory controller"],
        verifiedBy: "memory.events oom_kill counts up",
        undoneBy:
            "writing back the bytes that memory.max held as soon as the kill is counted, then memory.swap.max and the oom_score_adj of the others"
    )

    private let cgroup: Cgroup
    private let target: ResolvedTarget

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        cgroup = try target.requireCgroup(for: specification.name)
        self.target = target
    }

    public func plan() async throws -> [Change] {
        try target.confirmCgroup()
        let sizes = try target.processes().map { process in
            // One that ends meanwhile has no memory any more.
            (pid: process.pid, bytes: (try? target.table.anonymousBytes(of: process.pid)) ?? 0)
        }
        let largest = sizes.map(\.bytes).max() ?? 0
        guard largest >= 1 << 20, let victim = sizes.first(where: { $0.bytes == largest })?.pid else {
            throw FaultError(
                "memory.oom_kill: no process of \(target.id) has a megabyte of its own, so there is none to kill for it"
            )
        }
        let stat = try cgroup.readCounters("memory.stat")
        let current = try cgroup.readNumber("memory.current") ?? 0
        // Shared memory has no other place to go than swap, so it counts as unreclaimable.
        let cache = max(stat["file"] ?? 0, stat["shmem"] ?? 0) - (stat["shmem"] ?? 0)
        let needed = current - min(current, cache)
        let limit = (needed - min(needed, largest / 2)) / 4096 * 4096
        var change = try Change.kernelKnob("memory.max", of: cgroup, to: String(limit))
        let before = try cgroup.readCounters("memory.events")["oom_kill"] ?? 0
        // Writing the limit blocks until it is met, so the watch must run beside it.
        let apply = change.apply
        guard case .journaled(let undo) = change.undo else { return [change] }
        change.apply = { [cgroup] in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await apply() }
                group.addTask {
                    try await OOMKillFault.wait(for: before, in: cgroup)
                    let outcome = await Blocking.run { UndoExecutor().undo(undo) }
                    if outcome.isResidue { throw FaultError("memory.oom_kill: \(outcome)") }
                }
                while let result = await group.nextResult() {
                    // The read-back of the first can find the limit lifted by the second.
                    if case .failure(let error) = result,
                        try cgroup.readCounters("memory.events")["oom_kill"] ?? 0 == before
                    {
                        group.cancelAll()
                        throw error
                    }
                }
            }
        }
        var changes = [change]
        if sizes.count > 1, try cgroup.readNumber("memory.oom.group") != 1 {
            let others = AttributeChange(.oomScoreAdjustment, of: target) { pid, _ in pid == victim ? nil : "-1000" }
            changes = try others.plan() + changes
        }
        // Else the kernel would rather swap the process out than kill it.
        if cgroup.has("memory.swap.max"), try cgroup.readText("memory.swap.max") != "0" {
            changes = [try .knob("memory.swap.max", of: target, to: "0")] + changes
        }
        return changes
    }

    /// The kernel takes its time before it gives up.
    private static func wait(for before: UInt64, in cgroup: Cgroup) async throws {
        let end = MonotonicClock.now() + .seconds(60)
        while try cgroup.readCounters("memory.events")["oom_kill"] ?? 0 == before {
            guard MonotonicClock.now() < end else {
                throw FaultError("memory.oom_kill: the kernel reclaimed enough and killed nothing within 60 s")
            }
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    public func observe() async throws -> Observation {
        ["kills": Double(try cgroup.readCounters("memory.events")["oom_kill"] ?? 0)]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let kills = (now["kills"] ?? 0) - (before["kills"] ?? 0)
        return kills > 0 ? .seen("the kernel killed \(Int(kills)) processes") : .notYet("nothing was killed")
    }
}
