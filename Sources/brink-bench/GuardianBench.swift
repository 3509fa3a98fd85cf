import Cgroups
import Glibc
import LinuxSystem

/// How fast the guardian undoes everything after kill -9 of the harness in mid-fault.
struct GuardianBench {
    let place: String
    let runs: Int

    private static let knobs = ["cpu.max", "memory.high", "cgroup.freeze"]

    func measure() throws -> [Figure] {
        let home = try BenchCgroup("brink-bench")
        let victim = try home.busy("victim")
        let scenario = """
            apiVersion: brink/v1
            id: bench-guardian
            targets: {cg: {cgroup: \(victim.cgroup.path)}}
            phases: {baseline: 0s, run: 60s, recovery: 0s}
            faults:
            - {id: cpu, at: 0s, for: 50s, cpu.max: {target: cg, quota: 20%}}
            - {id: high, at: 0s, for: 50s, memory.high: {target: cg, value: 200%}}
            - {id: ice, at: 200ms, for: 50s, cgroup.freeze: {target: cg}}
            """
        let before = try Self.values(of: victim.cgroup)
        var restored: [Double] = []
        var ended: [Double] = []
        let run = BrinkRun(place: place)
        for _ in 0..<runs {
            let handle = try run.start(scenario)
            try wait("the freeze", seconds: 60) {
                try victim.cgroup.readText("cgroup.freeze") == "1" || handle.hasEnded()
            }
            guard let guardian = try Self.guardian() else { throw BenchError("no guardian watches: \(run.log)") }
            let watch = try ProcessHandle(opening: guardian)
            // Past the injection's last journal record, as in the middle of any fault.
            MonotonicClock.pause(milliseconds: 200)
            let start = MonotonicClock.now()
            try handle.send(.kill)
            try wait("the undo", seconds: 60) { try Self.values(of: victim.cgroup) == before }
            restored.append((MonotonicClock.now() - start) / .milliseconds(1))
            guard watch.hasEnded(within: 60_000) else { throw BenchError("the guardian did not end") }
            ended.append((MonotonicClock.now() - start) / .milliseconds(1))
            _ = handle.hasEnded(within: 10_000)
            _ = try handle.reap()
        }
        try home.remove()
        return [
            Figure("guardian", "kill -9 to last of \(Self.knobs.count) knobs back", "ms", restored),
            Figure("guardian", "kill -9 to the guardian's exit (tree removed)", "ms", ended),
        ].compactMap { $0 }
    }

    private static func values(of cgroup: Cgroup) throws -> [[UInt8]] {
        try knobs.map { try cgroup.read($0) }
    }

    private static func guardian() throws -> ProcessIdentity? {
        let table = ProcessTable()
        return try table.pids().lazy.filter { pid in
            guard let status = try? table.status(of: pid), !status.hasEnded else { return false }
            return status.name == "brink-guardian"
        }.first.map { try table.identity(of: $0) }
    }

    /// Polls every half millisecond.
    private func wait(_ what: String, seconds: Int, _ isReached: () throws -> Bool) throws {
        let end = MonotonicClock.now() + .seconds(seconds)
        while try !isReached() {
            guard MonotonicClock.now() < end else { throw BenchError("waited \(seconds) s for \(what)") }
            usleep(500)
        }
    }
}
