import Cgroups
import Glibc
import LinuxSystem
import Testing

/// A program with a known working set in a cgroup of its own, on the disk that scripts/test gives the VM: without swap
/// only pages of files can be reclaimed, and those of a tmpfs cannot.
final class WorkingSetVictim {
    let cgroup: Cgroup
    /// Bytes that the program uses again and again.
    let used: Int
    private let outer: Cgroup
    private let file: String
    private let log: String

    private static let disk = "/mnt/disk"
    private static let step = 1 << 20

    /// - Parameters:
    ///   - used: bytes in each pass.
    ///   - cold: bytes read once.
    init(used: Int, cold: Int) throws {
        let mounts = try SystemFile.readText("/proc/mounts")
        try #require(mounts.contains(" \(Self.disk) "), "run it in scripts/vm --disk 1G")
        self.used = used
        outer = try CgroupHierarchy(mountedAt: "/sys/fs/cgroup").cgroup("brink-squeeze-test")
        cgroup = outer.child("known")
        file = "\(Self.disk)/working-set-\(getpid())"
        log = "/tmp/working-set-\(UInt64.random(in: .min ... .max))"
        try outer.killAndRemove()
        try outer.create()
        try outer.enableControllers(["cpu", "io", "memory", "pids"])
        try cgroup.create()
        try fill(used + cold)
        try start(cold)
    }

    /// Written from here, so that nothing of the writing is charged to the program.
    private func fill(_ bytes: Int) throws {
        let target = try OwnedDescriptor.open(file, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
        let block = [UInt8](repeating: 7, count: Self.step)
        for _ in 0..<bytes / Self.step { try target.write(block) }
        try target.synchronize()
        try target.close()
    }

    private func start(_ cold: Int) throws {
        let program = "\(BrinkCommand.folder)/brink-stressor"
        // Once outside: its code and libraries are then in the page cache at somebody else's expense.
        let rehearsal = try SpawnRequest(program, [], directory: "/").start()
        let hasRehearsed = rehearsal.hasEnded(within: 20_000)
        try #require(hasRehearsed)
        _ = try rehearsal.reap()
        let output = try OwnedDescriptor.open(log, O_WRONLY | O_CREAT, mode: 0o600)
        _ = try SpawnRequest(
            program,
            ["working-set", "--bytes", "\(used)", "--cold", "\(cold)", "--path", file, "--pass-ms", "250"],
            directory: "/", cgroup: cgroup.folder, newSession: true, standardOutput: output.number
        ).start()
        try output.close()
        let end = MonotonicClock.now() + .seconds(60)
        while try SystemFile.read(log).isEmpty {
            try #require(MonotonicClock.now() < end, "the program did not finish its first pass")
            MonotonicClock.pause(milliseconds: 50)
        }
    }

    /// What it cannot do without: the pages it uses, its own memory and what the kernel keeps for it.
    func workingSet() throws -> Double {
        let own = try cgroup.readCounters("memory.stat", ["anon", "kernel"])
        return Double(used) + own.compactMap(\.self).reduce(0) { $0 + Double($1) }
    }

    /// Knobs that a squeeze can touch, byte for byte, and whether the harness's tree is there.
    func snapshot() throws -> [String: [UInt8]] {
        var bytes: [String: [UInt8]] = [:]
        for knob in ["memory.high", "memory.max", "cpu.max", "pids.max", "io.max", "cgroup.procs"] {
            bytes[knob] = try cgroup.read(knob)
        }
        bytes["root"] = try SystemFile.read("/sys/fs/cgroup/cgroup.subtree_control")
        bytes["slice"] = [SystemFile.exists("/sys/fs/cgroup/brink.slice") ? 1 : 0]
        return bytes
    }

    func remove() throws {
        try outer.killAndRemove()
        try SystemFile.removeTree(file)
        try SystemFile.removeTree(log)
    }
}
