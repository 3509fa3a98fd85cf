import Cgroups
import LinuxSystem

/// The benchmark's own cgroups, with processes in them, and nothing else of the host's.
final class BenchCgroup {
    let outer: Cgroup
    private static let controllers = ["cpu", "io", "memory", "pids"]
    private static let environment = ["PATH": "/usr/bin:/bin"]

    /// - Parameter name: of the cgroup below the root; made anew.
    init(_ name: String) throws {
        let hierarchy = try CgroupHierarchy(mountedAt: "/sys/fs/cgroup")
        try hierarchy.cgroup("").enableControllers(Self.controllers)
        outer = try hierarchy.cgroup(name)
        try outer.killAndRemove()
        try outer.create()
        try outer.enableControllers(Self.controllers)
    }

    /// A cgroup with one process that sleeps.
    func sleeper(_ name: String) throws -> (cgroup: Cgroup, process: ProcessIdentity) {
        let cgroup = outer.child(name)
        try cgroup.create()
        return (cgroup, try start("/bin/sleep", ["100000"], in: cgroup))
    }

    /// A cgroup with a process that burns CPU and turns over some memory, so that limits on either have something to
    /// bite on, and one that only waits, to be stopped.
    func busy(_ name: String) throws -> (cgroup: Cgroup, waiting: ProcessIdentity) {
        let cgroup = outer.child(name)
        try cgroup.create()
        let script = "my @a; while (1) { @a = map { 'x' x 65536 } 1..200; for (my $i = 0; $i < 100000; $i++) {} }"
        let waiting = try start("/bin/sleep", ["100000"], in: cgroup)
        _ = try start("/usr/bin/perl", ["-e", script], in: cgroup)
        let end = MonotonicClock.now() + .seconds(30)
        while try cgroup.readNumber("memory.current") ?? 0 < 10_000_000 {
            guard MonotonicClock.now() < end else { throw BenchError("the busy process did not get busy") }
            MonotonicClock.pause(milliseconds: 5)
        }
        return (cgroup, waiting)
    }

    func remove() throws {
        try outer.killAndRemove()
    }

    private func start(_ path: String, _ arguments: [String], in cgroup: Cgroup) throws -> ProcessIdentity {
        try SpawnRequest(
            path, arguments, environment: Self.environment, cgroup: cgroup.folder, newSession: true
        ).start().identity
    }
}
