import Cgroups
import Foundation
import Glibc
import LinuxSystem

/// How near the brink finder comes to a known working set, and what it takes to get there.
struct FinderBench {
    let home: BenchCgroup
    let place: String
    let runs: Int
    /// Without swap only pages of files can be reclaimed, and those of a tmpfs cannot.
    let disk: String

    private struct Answer: Decodable {
        struct Estimate: Decodable { let value: Double }
        struct Step: Decodable {}

        let brink: Estimate?
        let steps: [Step]
        let seconds: Double
    }

    private static let used = 96 << 20
    private static let cold = 48 << 20

    func measure() throws -> [Figure] {
        let file = "\(disk)/brink-bench-working-set"
        try fill(file)
        var errors: [Double] = []
        var steps: [Double] = []
        var seconds: [Double] = []
        for _ in 0..<runs {
            let victim = try Stressing.own(
                [
                    "working-set", "--bytes", "\(Self.used)", "--cold", "\(Self.cold)", "--path", file, "--pass-ms",
                    "250",
                ], in: home)
            while try victim.cgroup.readNumber("memory.current") ?? 0 < Self.used + Self.cold {
                guard MonotonicClock.now() - victim.start < .seconds(60) else {
                    throw BenchError("the working set was not read within 60 s")
                }
                MonotonicClock.pause(milliseconds: 50)
            }
            let own = try victim.cgroup.readCounters("memory.stat", ["anon", "kernel"])
            let known = own.compactMap(\.self).reduce(Double(Self.used)) { $0 + Double($1) }
            let run = BrinkRun(place: place)
            try run.finish(
                try run.start([
                    "squeeze", "cgroup:\(victim.cgroup.path)", "memory", "--slo",
                    "target.memory.refaults.perSecond < 20", "--settle", "1s", "--window", "1s",
                ]), within: 400)
            let answer = try JSONDecoder().decode(Answer.self, from: Data(try run.result("squeeze.json")))
            guard let brink = answer.brink?.value else { throw BenchError("no brink was found: \(run.log)") }
            errors.append(abs(brink - known) / known * 100)
            steps.append(Double(answer.steps.count))
            seconds.append(answer.seconds)
            try victim.end()
        }
        try SystemFile.removeTree(file)
        let label = "96 MiB in use, 48 MiB cold"
        return [
            Figure("accuracy", "brink finder: error", "%", label: label, errors),
            Figure("accuracy", "brink finder: steps", "", label: label, steps),
            Figure("accuracy", "brink finder: time", "s", label: label, seconds),
        ].compactMap(\.self)
    }

    /// Written from here, so that nothing of the writing is charged to the program.
    private func fill(_ path: String) throws {
        let target = try OwnedDescriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
        let block = [UInt8](repeating: 7, count: 1 << 20)
        for _ in 0..<(Self.used + Self.cold) / block.count { try target.write(block) }
        try target.synchronize()
        try target.close()
    }
}
