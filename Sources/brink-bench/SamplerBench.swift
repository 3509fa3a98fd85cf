import Cgroups
import LinuxSystem
import Measurement

/// What sampling ten times a second costs, beside reading the same files and doing nothing with them.
struct SamplerBench {
    let runs: Int
    /// Used where the host has no controllers.
    let fixture: String?
    let hasControllers: Bool

    private static let interval = Duration.milliseconds(100)
    private static let duration = Duration.seconds(5)

    func measure() throws -> [Figure] {
        var figures: [Figure] = []
        for count in [10, 100] {
            if hasControllers {
                let home = try BenchCgroup("brink-bench")
                let targets = try (0..<count).map { index in
                    let sleeper = try home.sleeper("t\(index)")
                    return SamplerTarget(id: "t\(index)", cgroup: sleeper.cgroup, process: sleeper.process)
                }
                figures += try measure(targets, label: "real cgroups")
                try home.remove()
            } else if let fixture {
                let cgroup = try CgroupHierarchy(unchecked: fixture).cgroup("cgroup")
                let process = try ProcessTable().ownIdentity()
                let targets = (0..<count).map { SamplerTarget(id: "t\($0)", cgroup: cgroup, process: process) }
                figures += try measure(targets, label: "fixture tree: knobs copied from a VM, no kernel behind them")
            }
        }
        return figures
    }

    private func measure(_ targets: [SamplerTarget], label: String) throws -> [Figure] {
        let start = MonotonicClock.now()
        let all = targets.flatMap { [$0.cgroupProbe, $0.processProbe] as [any Probe] } + [HostProbe()]
        let reader = RawReader(paths: targets.flatMap(\.files) + RawReader.host)
        var share: [Double] = []
        var peer: [Double] = []
        var ratio: [Double] = []
        for _ in 0..<runs {
            // A new one each time: it keeps its rounds, as in a run.
            let sampler = Sampler(probes: all, start: start)
            let (own, raw) = Self.paced(sampler, reader)
            share.append(own * 100)
            peer.append(raw * 100)
            ratio.append(own / raw)
        }
        let title = "\(targets.count) targets"
        var figures = [
            Figure("sampler", "\(title): share of one CPU at 10 Hz", "%", label: label, share),
            Figure("sampler", "\(title): raw reads of the same files", "%", label: label, peer),
            Figure("sampler", "\(title): sampler / raw reads", "x", label: label, ratio),
        ].compactMap { $0 }
        let kinds: [(String, [any Probe])] = [
            ("CgroupProbe, one", targets.map(\.cgroupProbe)), ("ProcessProbe, one", targets.map(\.processProbe)),
            ("HostProbe", [HostProbe()]),
        ]
        for (name, probes) in kinds {
            let cost = Self.cost(of: probes, start: start, rounds: max(5, 500 / probes.count))
            let figure = Figure("sampler", "\(title): \(name)", "µs", label: label, cost)
            figures += [figure].compactMap { $0 }
        }
        return figures
    }

    /// Samples and reads raw in turn at the sampler's pace, so that both meet the same caches and neighbours.
    /// - Returns: CPU time of each as a fraction of the time that passed.
    private static func paced(_ sampler: Sampler, _ reader: borrowing RawReader) -> (sampler: Double, raw: Double) {
        var own = Duration.zero
        var raw = Duration.zero
        let begin = MonotonicClock.now()
        var rounds = 0
        while MonotonicClock.now() - begin < duration {
            let first = CPUClock.thread()
            _ = sampler.sample()
            let second = CPUClock.thread()
            reader.read()
            let third = CPUClock.thread()
            own += second - first
            raw += third - second
            rounds += 1
            let rest = begin + interval * rounds - MonotonicClock.now()
            if rest > .zero { MonotonicClock.pause(milliseconds: Int32(rest / .milliseconds(1))) }
        }
        // By rounds rather than by the clock: under emulation a hundred targets take longer than the interval.
        let nominal = interval * rounds
        return (own / nominal, raw / nominal)
    }

    /// µs of one probe's reading, in five stretches.
    private static func cost(of probes: [any Probe], start: Duration, rounds: Int) -> [Double] {
        (0..<5).map { _ in
            let sampler = Sampler(probes: probes, start: start)
            let begin = CPUClock.thread()
            for _ in 0..<rounds { _ = sampler.sample() }
            return (CPUClock.thread() - begin) / .microseconds(1) / Double(rounds * probes.count)
        }
    }
}
