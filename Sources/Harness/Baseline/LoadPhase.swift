import Cgroups
import LinuxSystem
import Measurement
import NIOCore
import PlainHTTP
import Scenarios
import Workload

/// Four clients that ask the usual mix without pause: how much is answered, and what a request costs.
struct LoadPhase: BaselinePhase {
    let subject: BaselineSubject
    /// Nil for a service that checks no tokens.
    let tokens: TokenPool?
    let share = 0.3

    private static let clients = 4
    private static let fewest = 5
    private static let writes = 0.1
    /// How often the pool is looked at; each look is a request that the service answers too.
    private static let interval = Duration.milliseconds(250)

    func measure(in run: BaselineRun, into findings: inout RunFindings) async throws {
        let processes = SubjectProcesses(subject)
        let pressure = HostPressure(service: subject.cgroup)
        let begin = MonotonicClock.now()
        let before = (costs: processes.costs, page: try await page(), stalls: pressure.read())
        async let watched = watch(processes, until: run.end)
        let latencies = try await ask(in: run)
        let seconds = (MonotonicClock.now() - begin).inSeconds
        let (available, memory) = try await watched
        let after = (costs: processes.costs, page: try await page(), stalls: pressure.read())

        for latency in latencies { findings.add(latency, to: "load.latency") }
        findings.set("load.throughput", Double(latencies.count) / seconds, of: latencies.count)
        if available.isEmpty {
            findings.lacks("pool.available", because: "the service does not tell the state of its pool")
        } else {
            findings.set("pool.available", available.reduce(0, +) / Double(available.count), of: available.count)
        }
        for (metric, point) in memory.figures { findings.set(metric, point.median, of: point.count) }
        for (metric, reason) in memory.missing { findings.lacks(metric, because: reason) }
        reuse(before.page, after.page, &findings)
        for (name, costs) in after.costs {
            let names = ("system.cpu.\(name).perRequest", "system.switches.\(name).perRequest")
            guard let growth = before.costs[name].flatMap({ costs.growth(since: $0) }) else {
                findings.lacks(names.0, because: "the kernel keeps no /proc/PID/schedstat")
                findings.lacks(names.1, because: "the kernel keeps no /proc/PID/schedstat")
                continue
            }
            findings.set(names.0, growth.seconds / Double(latencies.count), of: latencies.count)
            findings.set(names.1, growth.switches / Double(latencies.count), of: latencies.count)
        }
        pressure.shares(from: before.stalls, to: after.stalls, over: seconds, into: &findings)
    }

    private func ask(in run: BaselineRun) async throws -> [Double] {
        let transport = GraphQLTransport(
            url: subject.endpoint, tokens: tokens, timeout: .seconds(30), database: nil)
        let latencies = try await withThrowingTaskGroup(of: [Double].self) { group in
            for number in 0..<Self.clients {
                group.addTask { try await self.ask(transport, number, in: run) }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        try await transport.shutdown()
        return latencies
    }

    private func ask(_ transport: GraphQLTransport, _ number: Int, in run: BaselineRun) async throws -> [Double] {
        var mix = RequestMix(
            name: "default", writes: Self.writes, keyPrefix: "\(run.keyPrefix)-l\(number)",
            seed: run.seed &+ UInt64(number))
        var latencies: [Double] = []
        while MonotonicClock.now() < run.end || latencies.count < Self.fewest {
            let request = mix.next()
            let start = MonotonicClock.now()
            let (outcome, _) = await transport.send(request)
            latencies.append((MonotonicClock.now() - start).inSeconds)
            try Task.checkCancellation()
            if case .failure(let errorClass, let detail, _) = outcome {
                throw HarnessError(
                    .internal,
                    "a request under load failed undisturbed (\(errorClass.rawValue)): \(detail); "
                        + "such a service has no baseline")
            }
        }
        return latencies
    }

    /// The share of the pool that is free, again and again, and memory half-way.
    private func watch(
        _ processes: SubjectProcesses, until end: Duration
    ) async throws -> (available: [Double], memory: RunFindings) {
        let middle = MonotonicClock.now() + (end - MonotonicClock.now()) / 2
        var memory: RunFindings?
        var available: [Double] = []
        repeat {
            try await Task.sleep(for: Self.interval)
            let page = try await page()
            if let size = page.value("bookshop_pool_size"), size > 0,
                let used = page.value("bookshop_pool_connections", label: "state", is: "in_use")
            {
                available.append(1 - used / size)
            }
            if memory == nil, MonotonicClock.now() >= middle { memory = Self.memory(of: processes) }
        } while MonotonicClock.now() < end - Self.interval
        return (available, memory ?? Self.memory(of: processes))
    }

    private static func memory(of processes: SubjectProcesses) -> RunFindings {
        var found = RunFindings()
        processes.memory(at: "load", into: &found)
        return found
    }

    private func reuse(_ before: OpenMetricsPage, _ after: OpenMetricsPage, _ findings: inout RunFindings) {
        guard let checkouts = after.growth(of: "bookshop_pool_checkout_seconds_count", since: before), checkouts > 0,
            let connects = after.growth(of: "bookshop_pool_connects_total", since: before)
        else { return findings.lacks("pool.reuse", because: "the service took no connection of its pool") }
        findings.set("pool.reuse", max(1 - connects / checkouts, 0), of: Int(checkouts))
    }

    private func page() async throws -> OpenMetricsPage {
        try await MetricsReader(subject.metricsURL).read(keeping: ["bookshop_pool_"])
    }
}
