import Cgroups
import Glibc
import LinuxSystem

/// A cgroup with processes of this test's own, to be hit.
final class Victim {
    let cgroup: Cgroup
    /// A shell that waits, with a child of its own.
    let shell: ProcessIdentity
    /// Keeps allocating and freeing a little, so that a memory limit has something to bite on.
    let worker: ProcessIdentity

    private static let worker = "my @a; while (1) { @a = map { 'x' x 65536 } 1..200; select undef, undef, undef, 0.01 }"

    init(_ name: String = "brink-test") throws {
        let hierarchy = try CgroupHierarchy(mountedAt: "/sys/fs/cgroup")
        let outer = try hierarchy.cgroup(name)
        cgroup = outer.child("victim")
        try outer.killAndRemove()
        try outer.create()
        try outer.enableControllers(["cpu", "cpuset", "io", "memory", "pids"])
        try cgroup.create()
        let environment = ["PATH": "/usr/bin:/bin"]
        let first = try SpawnRequest(
            "/bin/sh", ["-c", "sleep 100000 & wait"], environment: environment, cgroup: cgroup.folder, newSession: true
        ).start()
        shell = first.identity
        let second = try SpawnRequest(
            "/usr/bin/perl", ["-e", Self.worker], environment: environment, cgroup: cgroup.folder, newSession: true
        ).start()
        worker = second.identity
        while try cgroup.processes().count < 3 || cgroup.readNumber("memory.current") ?? 0 < 10_000_000 {
            MonotonicClock.pause(milliseconds: 5)
        }
    }

    func remove() throws {
        try cgroup.parent?.killAndRemove()
    }

    /// Starts a shell command in the cgroup.
    func add(_ script: String, owner: SpawnRequest.Owner? = nil) throws {
        _ = try SpawnRequest(
            "/bin/sh", ["-c", script], environment: ["PATH": "/usr/bin:/bin"], cgroup: cgroup.folder, newSession: true,
            owner: owner
        ).start()
        MonotonicClock.pause(milliseconds: 300)
    }

    /// Every knob that faults can touch, byte for byte, and the limits of every process.
    func snapshot() throws -> [String: [UInt8]] {
        var bytes: [String: [UInt8]] = [:]
        for knob in [
            "memory.high", "memory.max", "memory.low", "memory.min", "memory.swap.max", "memory.oom.group", "cpu.max",
            "cpu.max.burst", "cpu.weight", "cpu.idle", "cpuset.cpus", "io.max", "io.weight", "cgroup.freeze",
            "cgroup.subtree_control", "pids.max", "cgroup.procs",
        ] {
            bytes[knob] = try cgroup.read(knob)
        }
        bytes["root"] = try SystemFile.read("/sys/fs/cgroup/cgroup.subtree_control")
        bytes["children"] = Array(try cgroup.children().map(\.path).joined(separator: ",").utf8)
        for pid in try cgroup.processes() {
            bytes["limits \(pid)"] = try SystemFile.read("/proc/\(pid)/limits")
            bytes["score \(pid)"] = try SystemFile.read("/proc/\(pid)/oom_score_adj")
            bytes["affinity \(pid)"] = Array(try ProcessAttribute.affinity.read(pid).utf8)
            bytes["nice \(pid)"] = Array(try ProcessAttribute.nice.read(pid).utf8)
            let state = try ProcessTable().status(of: pid).state
            bytes["stopped \(pid)"] = [state == "T" ? 1 : 0]
        }
        if SystemFile.exists(FaultCase.disk) {
            bytes["disk"] = Array(try SystemFile.entries(of: FaultCase.disk).sorted().joined(separator: ",").utf8)
        }
        bytes["slice"] = [SystemFile.exists("/sys/fs/cgroup/brink.slice") ? 1 : 0]
        return bytes
    }
}
