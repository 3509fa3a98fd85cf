import Cgroups
import LinuxSystem

/// How far a balloon's size is from what was asked, and how long it takes to get there.
struct BalloonBench {
    let home: BenchCgroup
    let runs: Int

    private static let size = 64 << 20

    func measure() throws -> [Figure] {
        var own: [(error: Double, time: Double)] = []
        var peer: [(error: Double, time: Double)] = []
        for _ in 0..<runs {
            own.append(try measure(try .own(["balloon", "--bytes", "\(Self.size)"], in: home)))
            peer.append(
                try measure(
                    try .peer(
                        [
                            "--vm", "1", "--vm-bytes", "\(Self.size)", "--vm-keep", "--vm-populate", "--vm-hang", "0",
                            "--oomable",
                        ], in: home)))
        }
        let label = "asked for 64 MiB"
        return [
            Figure("accuracy", "balloon: size error", "%", label: label, own.map(\.error)),
            Figure("accuracy", "balloon: size error, stress-ng", "%", label: label, peer.map(\.error)),
            Figure("accuracy", "balloon: start to 99 % of the size", "ms", label: label, own.map(\.time)),
            Figure("accuracy", "balloon: start to 99 %, stress-ng", "ms", label: label, peer.map(\.time)),
        ].compactMap(\.self)
    }

    private func measure(_ stressing: consuming Stressing) throws -> (error: Double, time: Double) {
        let asked = Double(Self.size)
        let end = stressing.start + .seconds(30)
        while try Self.anonymous(in: stressing.cgroup) < asked * 0.99 {
            guard MonotonicClock.now() < end else { throw BenchError("a balloon did not reach its size in 30 s") }
            MonotonicClock.pause(milliseconds: 1)
        }
        let time = (MonotonicClock.now() - stressing.start) / .milliseconds(1)
        // Whatever else it takes shows within this time, and the kernel has added up its counters.
        MonotonicClock.pause(milliseconds: 3000)
        let size = try Self.anonymous(in: stressing.cgroup)
        try stressing.end()
        return (abs(size - asked) / asked * 100, time)
    }

    private static func anonymous(in cgroup: Cgroup) throws -> Double {
        let counters = try cgroup.readCounters("memory.stat", ["anon", "shmem"])
        return counters.compactMap(\.self).reduce(0) { $0 + Double($1) }
    }
}
