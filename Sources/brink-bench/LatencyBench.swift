import Cgroups
import Foundation
import LinuxSystem
import Measurement
import Scenarios
import Statistics
import Workload

/// Whether the service's users feel the sampling: its latencies with and without it, in alternating windows.
struct LatencyBench {
    let place: String
    let runs: Int
    let rate: Double
    let fixture: String?
    let hasControllers: Bool

    /// What of a window is not counted: the change from one kind to the other.
    private static let margin = 0.5
    private static let percentiles = ["p50", "p99"]

    func measure() async throws -> [Figure] {
        let home = hasControllers ? try BenchCgroup("brink-bench") : nil
        let shop = try await Shop.start(in: place, below: home?.outer)
        let outcome: Result<[Figure], any Error>
        do {
            outcome = .success(try await scrapeCost(shop) + measure(shop))
        } catch {
            outcome = .failure(error)
        }
        try shop.stop()
        try home?.remove()
        return try outcome.get()
    }

    /// What reading the service's own metrics ten times a second costs, with nothing else going on.
    private func scrapeCost(_ shop: Shop) async throws -> [Figure] {
        let probe = ServiceMetricsProbe(url: shop.url("metrics"))
        probe.begin()
        var costs: [Double] = []
        for _ in 0..<runs {
            let begin = CPUClock.process()
            try await Task.sleep(for: .seconds(2))
            costs.append((CPUClock.process() - begin) / .microseconds(1) / 20)
        }
        await probe.end()
        return [Figure("latency", "harness CPU per scrape of /metrics", "µs", label: "idle service", costs)].compactMap
        {
            $0
        }
    }

    private func measure(_ shop: Shop) async throws -> [Figure] {
        let start = MonotonicClock.now()
        let recorder = LoadRecorder()
        let transport = GraphQLTransport(url: shop.url("graphql"), tokens: nil, timeout: .seconds(10), database: nil)
        let generator = LoadGenerator(
            load: try load(on: shop), transport: transport, recorder: recorder,
            ledger: try Ledger(path: "\(place)/ledger.txt"), start: start, keyPrefix: "bench", seed: 1)
        await generator.begin()
        // Connections, caches and the allocator settle.
        try await Task.sleep(for: .seconds(5))
        var latencies: [Bool: [String: [Double]]] = [:]
        var costs: [Double] = []
        // A B B A …: a drift of the machine's speed falls on both kinds alike.
        let order = (0..<2 * runs).map { $0 % 4 == 1 || $0 % 4 == 2 }
        for isSampled in order {
            let begin = (MonotonicClock.now() - start) / .seconds(1)
            let cost = CPUClock.process()
            if isSampled { try await sample(shop) } else { try await Task.sleep(for: window) }
            let end = (MonotonicClock.now() - start) / .seconds(1)
            let metrics = recorder.metrics(from: begin + Self.margin, to: end)
            guard metrics["errors.rate"] == 0 else {
                throw BenchError("the service failed \(metrics["errors.rate"] ?? 1) of the requests at \(rate)/s")
            }
            let requests = (metrics["arrivals"] ?? 0) * (end - begin)
            if !isSampled { costs.append((CPUClock.process() - cost) / .microseconds(1) / max(1, requests)) }
            for name in Self.percentiles {
                guard let latency = metrics["latency.\(name)"] else { throw BenchError("no answers in a window") }
                latencies[isSampled, default: [:]][name, default: []].append(latency * 1000)
            }
        }
        await generator.end()
        try await transport.shutdown()
        let cost = Figure(
            "latency", "harness CPU per request of the load", "µs", label: "\(Int(rate)) requests/s", costs)
        return figures(latencies) + [cost].compactMap { $0 }
    }

    private func figures(_ latencies: [Bool: [String: [Double]]]) -> [Figure] {
        let label = "\(Int(rate)) requests/s, windows of \(Int(window / .seconds(1))) s"
        return Self.percentiles.flatMap { name -> [Figure?] in
            let plain = latencies[false]?[name] ?? []
            let sampled = latencies[true]?[name] ?? []
            return [
                Figure("latency", "\(name) without sampling", "ms", label: label, plain),
                Figure("latency", "\(name) with 10 Hz sampling and /metrics", "ms", label: label, sampled),
                Figure(
                    "latency", "\(name) ratio of medians with / without", "x", label: "aim < 1.01",
                    [Figure.median(sampled) / Figure.median(plain)]),
                change(name, plain, sampled),
            ]
        }.compactMap { $0 }
    }

    /// What sampling changes, from pairs of windows side by side: what drifts more slowly than that is in both.
    /// - Returns: the mean with its 95 % interval by Student's t, of ratios; nil for a single pair.
    private func change(_ name: String, _ plain: [Double], _ sampled: [Double]) -> Figure? {
        let logarithms = zip(plain, sampled).map { log($1 / $0) }
        guard let interval = Interval.studentT(meanOf: logarithms, level: 0.95) else { return nil }
        let middle = (interval.lower + interval.upper) / 2
        return Figure(
            "latency", "\(name) changed by sampling, mean and 95 % interval", "x",
            label: "\(logarithms.count) pairs of windows; aim: all of it below 1.01",
            [interval.lower, middle, interval.upper].map { exp($0) })
    }

    /// Long enough for a percentile to mean something, and short enough for many pairs.
    private var window: Duration { .seconds(max(3, 300 / rate)) }

    /// Samples the service as a run does, for one window.
    private func sample(_ shop: Shop) async throws {
        let metrics = ServiceMetricsProbe(url: shop.url("metrics"))
        var probes: [any Probe] = [HostProbe(), metrics]
        if let cgroup = shop.cgroup {
            probes.append(CgroupProbe(target: "app", cgroup: cgroup))
        } else if let fixture {
            probes.append(
                CgroupProbe(target: "app", cgroup: try CgroupHierarchy(unchecked: fixture).cgroup("cgroup")))
        }
        probes.append(
            ProcessProbe(target: "app", process: shop.service, hasOwnCgroup: shop.cgroup != nil))
        let sampler = Sampler(probes: probes, start: MonotonicClock.now())
        metrics.begin()
        let end = MonotonicClock.now() + window
        while MonotonicClock.now() < end {
            let next = MonotonicClock.now() + .milliseconds(100)
            _ = sampler.sample()
            let rest = next - MonotonicClock.now()
            if rest > .zero { try await Task.sleep(for: rest) }
        }
        await metrics.end()
    }

    /// The load as a scenario writes it.
    private func load(on shop: Shop) throws -> Load {
        let text = """
            apiVersion: brink/v1
            id: bench
            load: {http: {url: "\(shop.url("graphql"))", rate: \(rate)/s, timeout: 10s}}
            steadyState: {window: 5s, checks: {errors: "errors.rate < 1%"}}
            faults: []
            """
        guard let load = try ScenarioReader.read(text, file: "bench", faults: []).load else {
            throw BenchError("the benchmark's own scenario has no load")
        }
        return load
    }
}
