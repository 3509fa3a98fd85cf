import Cgroups
import LinuxSystem

/// How far a CPU burner's share is from what was asked.
struct BurnerBench {
    let home: BenchCgroup
    let runs: Int

    private static let shares = [10, 37, 80]

    func measure() throws -> [Figure] {
        var own: [Int: [Double]] = [:]
        var peer: [Int: [Double]] = [:]
        for _ in 0..<runs {
            for share in Self.shares {
                own[share, default: []].append(
                    try error(try .own(["burner", "--share", "\(Double(share) / 100)"], in: home), share))
                peer[share, default: []].append(
                    try error(try .peer(["--cpu", "1", "--cpu-load", "\(share)"], in: home), share))
            }
        }
        return Self.shares.flatMap { share in
            [
                Figure("accuracy", "burner at \(share) %: error", "points", own[share] ?? []),
                Figure("accuracy", "burner at \(share) %: error, stress-ng", "points", peer[share] ?? []),
            ]
        }.compactMap(\.self)
    }

    /// In percent of one CPU.
    private func error(_ stressing: consuming Stressing, _ share: Int) throws -> Double {
        MonotonicClock.pause(milliseconds: 1000)
        let before = try Self.used(by: stressing.cgroup)
        MonotonicClock.pause(milliseconds: 4000)
        let after = try Self.used(by: stressing.cgroup)
        try stressing.end()
        return abs((after.used - before.used) / (after.time - before.time) * 100 - Double(share))
    }

    private static func used(by cgroup: Cgroup) throws -> (used: Duration, time: Duration) {
        let used = try cgroup.readCounters("cpu.stat", ["usage_usec"])[0] ?? 0
        return (.microseconds(Int64(used)), MonotonicClock.now())
    }
}
