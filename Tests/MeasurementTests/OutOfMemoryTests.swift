import Cgroups
import Events
import Glibc
import LinuxSystem
import Synchronization
import Testing

@testable import Measurement

@Suite struct OutOfMemoryTests {
    private static let context =
        "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/shop,"
        + "task_memcg=/shop/app,task=perl (x),pid=417,uid=0"
    private static let kill =
        "Memory cgroup out of memory: Killed process 417 (perl (x)) total-vm:301240kB, anon-rss:98304kB, "
        + "file-rss:1024kB, shmem-rss:0kB, UID:0 pgtables:236kB oom_score_adj:-5"

    @Test func readsTheKernelsLines() throws {
        var reader = OOMNotice.Reader()
        let others = ["perl invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0", Self.context].map {
            reader.take($0)
        }
        #expect(others == [nil, nil])
        let told = reader.take(Self.kill)
        let notice = try #require(told)
        #expect(notice.limitedBy == "shop")
        #expect(
            notice.victim
                == OOMKill.Victim(
                    pid: 417, name: "perl (x)", cgroup: "shop/app", anonymousBytes: 98304 << 10, fileBytes: 1 << 20,
                    oomScoreAdjustment: -5))
        // One that dies with its group has no line of its own about cgroups.
        let next = reader.take(Self.kill.replacing("417", with: "418").replacing("perl (x)", with: "sleep"))
        let second = try #require(next)
        #expect(second.victim.cgroup == nil)
        #expect(second.limitedBy == "shop")
    }

    @Test(arguments: [
        "Killed process 417 (perl)", "Out of memory: Killed process",
        "Out of memory: Killed process x (perl) total-vm:",
        "systemd: Killed process 417 (perl) total-vm:1kB, anon-rss:1kB", "oom_reaper: reaped process 417 (perl)", "",
    ])
    func otherLinesAreNoKills(_ line: String) {
        var reader = OOMNotice.Reader()
        let told = reader.take(line)
        #expect(told == nil)
    }

    /// A folder that looks like a cgroup with its memory files.
    private func fixture(_ root: String) throws -> Cgroup {
        let cgroup = try CgroupHierarchy(unchecked: root).cgroup("app")
        try SystemFile.makeFolders(cgroup.folder)
        try put(cgroup, "cgroup.procs", "")
        try put(cgroup, "memory.events", "low 0\nhigh 2\nmax 0\noom 4\noom_kill 4\n")
        try put(cgroup, "memory.current", "4096\n")
        try put(cgroup, "memory.stat", "anon 100\nfile 50\nworkingset_refault_anon 0\nworkingset_refault_file 10\n")
        return cgroup
    }

    private func put(_ cgroup: Cgroup, _ name: String, _ text: String) throws {
        // In place, as the kernel's files change: they are kept open.
        let file = try OwnedDescriptor.open(cgroup.file(name), O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
        try file.write(Array(text.utf8))
        try file.close()
    }

    private static func place() -> String { "/tmp/brink-oom-\(getpid())-\(UInt32.random(in: .min ... .max))" }

    @Test func theRingKeepsTheLastReadingsAndMakesRatesOfCounters() throws {
        let root = Self.place()
        defer { try? SystemFile.removeTree(root) }
        let cgroup = try fixture(root)
        var ring = MemoryRing("app", cgroup: cgroup, capacity: 3)
        for second in 1...5 {
            try put(cgroup, "memory.current", "\(second * 1000)\n")
            try put(cgroup, "memory.stat", "anon 1\nfile 2\nworkingset_refault_file \(second * second)\n")
            ring.read(at: .seconds(second))
        }
        let lead = ring.lead(to: .seconds(6))
        #expect(lead.times == [-3, -2, -1])
        #expect(lead.series["current"] == [3000, 4000, 5000])
        #expect(lead.series["refaults"] == [nil, 7, 9])
        #expect(lead.series["pressure.some"] == [nil, nil, nil])
        #expect(lead.series["swap"] == [nil, nil, nil])
    }

    /// Without the kernel's log a kill is still told, though not whose it was; and nothing is told when nothing died.
    @Test func aKillIsCountedWhereTheLogCannotBeRead() async throws {
        let root = Self.place()
        defer { try? SystemFile.removeTree(root) }
        let cgroup = try fixture(root)
        let told = Told()
        let watch = OOMWatch(
            [WatchedCgroup(id: "app", cgroup: cgroup, isPressed: true)], stressor: "brink-stressor",
            logPath: "\(root)/none"
        ) { told.add($0) }
        let trouble = await watch.begin()
        #expect(trouble?.contains("cannot be given a name") == true)
        #expect(told.kills.isEmpty)
        try put(cgroup, "memory.events", "low 0\nhigh 2\nmax 9\noom 5\noom_kill 5\n")
        await watch.end()
        let kill = try #require(told.kills.first)
        #expect(told.kills.count == 1)
        #expect(kill.role == .unknown)
        #expect(kill.target == "app")
        #expect(kill.events == ["low": 0, "high": 0, "max": 9, "oom": 1, "oom_kill": 1])
        #expect(kill.lead?.series["current"]?.last == 4096)

        let quiet = OOMWatch(
            [WatchedCgroup(id: "app", cgroup: cgroup, isPressed: true)], stressor: "brink-stressor",
            logPath: "\(root)/none"
        ) { told.add($0) }
        _ = await quiet.begin()
        await quiet.end()
        #expect(told.kills.count == 1)
    }

    private final class Told: Sendable {
        private let list = Mutex<[OOMKill]>([])
        var kills: [OOMKill] { list.withLock { $0 } }
        func add(_ kill: OOMKill) { list.withLock { $0.append(kill) } }
    }
}
