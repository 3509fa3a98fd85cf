import Faults
import Glibc
import Harness
import Journal
import LinuxSystem
import Scenarios
import Testing

/// `brink plan` on a folder that imitates a hierarchy, and on a process of this test's own.
@Suite struct PlanChangesNothingTests {
    private let place = "/tmp/brink-plan-\(getpid())-\(UInt32.random(in: .min ... .max))"

    private func makeTree() throws {
        let knobs = [
            "cgroup.procs": "", "cgroup.events": "populated 0\nfrozen 0\n", "cgroup.freeze": "0\n",
            "memory.high": "max\n", "memory.current": "10000000\n", "memory.events": "high 0\noom_kill 0\n",
            "cpu.max": "max 100000\n", "cpu.stat": "nr_throttled 0\n", "pids.max": "max\n", "pids.current": "3\n",
        ]
        try SystemFile.makeFolders("\(place)/cgroup/shop")
        for (name, text) in knobs { try SystemFile.replace("\(place)/cgroup/shop/\(name)", Array(text.utf8)) }
    }

    /// All below a folder: the bytes, and when they were written last, which a write of the same bytes shows too.
    private func tree(_ folder: String) throws -> [String: String] {
        var found: [String: String] = [:]
        for name in try SystemFile.entries(of: folder) {
            let path = "\(folder)/\(name)"
            var info = stat()
            let outcome = lstat(path, &info)
            try #require(outcome == 0, "\(path)")
            found[path] = "inode \(info.st_ino) of \(info.st_mtim.tv_sec) s \(info.st_mtim.tv_nsec) ns"
            if info.st_mode & S_IFMT == S_IFDIR {
                found.merge(try tree(path)) { first, _ in first }
            } else {
                let text = try SystemFile.readText(path)
                found["\(path) text"] = text
            }
        }
        return found
    }

    /// What the faults of the plan would change about a process.
    private func process(_ pid: Int32) throws -> [String] {
        [
            try SystemFile.readText("/proc/\(pid)/limits"), try ProcessAttribute.oomScoreAdjustment.read(pid),
            try ProcessAttribute.nice.read(pid), String(try ProcessTable().status(of: pid).state),
        ]
    }

    @Test func itSaysEveryWriteAndMakesNone() async throws {
        try makeTree()
        defer { try? SystemFile.removeTree(place) }
        let program = try SpawnRequest("/bin/sleep", ["1000"]).start()
        let pid = program.identity.pid
        // Whatever it does on its way to its sleep is none of the plan's doing.
        while try ProcessTable().status(of: pid).state != "S" { MonotonicClock.pause(milliseconds: 5) }
        let text = """
            apiVersion: brink/v1
            id: planned
            targets: {shop: {cgroup: shop}, app: {process: \(pid)}}
            phases: {baseline: 0s, run: 10s, recovery: 0s}
            faults:
            - {id: high, at: 0s, for: 1s, memory.high: {target: shop, value: 50%}}
            - {id: cpu, at: 0s, for: 1s, cpu.max: {target: shop, quota: 20%}}
            - {id: pids, at: 0s, for: 1s, pids.max: {target: shop, spare: 2}}
            - {id: ice, at: 2s, for: 1s, cgroup.freeze: {target: shop}}
            - {id: files, at: 0s, for: 1s, rlimit.nofile: {target: app, value: 8}}
            - {id: nice, at: 0s, for: 1s, process.priority: {target: app, nice: 7}}
            - {id: score, at: 0s, for: 1s, process.oom_score_adj: {target: app, value: 900}}
            - {id: stop, at: 4s, for: 1s, process.signal: {target: app, signal: STOP}}
            """
        let scenario = try ScenarioReader.read(text, file: "planned.yaml", faults: FaultRegistry.schemas)
        var settings = Settings()
        settings.cgroupRoot = "\(place)/cgroup"
        settings.stateFolder = StateFolder(path: "\(place)/state")
        settings.outFolder = "\(place)/out"
        let before = try tree(place)
        let processBefore = try process(pid)

        let lines = await RunPlan(settings: settings).lines(for: scenario)

        #expect(try tree(place) == before)
        #expect(try process(pid) == processBefore)
        let shop = "\(place)/cgroup/shop"
        for line in [
            "high: memory.high on shop, at 0s for 1s",
            "    write: \(shop)/memory.high ← 4997120 (now max)", "    undo:  \(shop)/memory.high ← max",
            "    write: \(shop)/cpu.max ← 20000 100000 (now max 100000)",
            "    undo:  \(shop)/cpu.max ← max 100000",
            "    write: \(shop)/pids.max ← 5 (now max)", "    undo:  \(shop)/pids.max ← max",
            "    write: \(shop)/cgroup.freeze ← 1 (now 0)", "    undo:  \(shop)/cgroup.freeze ← 0",
            "    undo:  oom_score_adj of 1 processes and their descendants ← prior values",
            "    write: pid \(pid) of app ← SIGSTOP (now running)", "    undo:  SIGCONT to pid \(pid)",
        ] {
            #expect(lines.contains(line), "\(line) is missing from \(lines)")
        }
        // What comes before is the layout's.
        let faults = lines.drop { $0 != "high: memory.high on shop, at 0s for 1s" }
        #expect(faults.filter { $0.hasPrefix("    write: ") }.count == scenario.faults.count, "\(lines)")

        try program.send(.kill)
        let hasEnded = program.hasEnded(within: 5000)
        #expect(hasEnded)
        _ = try program.reap()
    }
}
