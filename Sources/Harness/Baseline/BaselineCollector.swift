import Baselines
import LinuxSystem
import Measurement
import Scenarios

/// Makes a collection: so many runs, in each of which every metric has its part, so that what drifts is shared by all.
struct BaselineCollector: Sendable {
    /// What was found.
    struct Collection: Sendable {
        let metrics: [MetricRecord]
        let missing: [MissingMetric]
    }

    private let subject: BaselineSubject
    private let phases: [any BaselinePhase]
    private let settings: CollectionSettings
    private let session: String
    private let progress: @Sendable (String) async -> Void

    /// - Parameters:
    ///   - phases: in the order of a run.
    ///   - session: begins every key that is written.
    ///   - progress: told after every run.
    init(
        _ subject: BaselineSubject, phases: [any BaselinePhase], settings: CollectionSettings, session: String,
        progress: @escaping @Sendable (String) async -> Void
    ) {
        self.subject = subject
        self.phases = phases
        self.settings = settings
        self.session = session
        self.progress = progress
    }

    /// Makes the collections one after the other; the last one is the baseline's, all of them say how far they differ.
    func collect() async throws -> Collection {
        // What is used for the first time is slower than ever after, and belongs to no run.
        _ = try await run(-1, of: 0)
        var collections: [Collection] = []
        for number in 0..<settings.collections { collections.append(try await collection(number)) }
        guard let last = collections.last else { return Collection(metrics: [], missing: []) }
        guard collections.count > 1 else { return last }
        let metrics = last.metrics.map { record in
            var record = record
            let means = collections.compactMap { one in
                one.metrics.first { $0.metric == record.metric }?.meanOfMedians
            }
            record.reproducibility = Reproducibility(means)
            return record
        }
        return Collection(metrics: metrics, missing: last.missing)
    }

    private func collection(_ number: Int) async throws -> Collection {
        var samples = Dictionary(
            uniqueKeysWithValues: BaselineMetrics.all.map { ($0.name, MetricSamples($0)) })
        var missing: [String: String] = [:]
        let first = try await stages()
        for index in 0..<settings.runs {
            let findings = try await run(index, of: number)
            for (name, values) in findings.measurements { samples[name]?.add(values) }
            for (name, point) in findings.figures { samples[name]?.add(point) }
            missing.merge(findings.missing) { _, new in new }
            let part = settings.collections > 1 ? "collection \(number + 1) of \(settings.collections), " : ""
            await progress("\(part)run \(index + 1) of \(settings.runs)")
        }
        let last = try await stages()
        for (metric, stage) in BaselineMetrics.stages {
            samples[metric]?.percentiles = Self.percentiles(of: stage, from: first, to: last)
        }
        let records = BaselineMetrics.all.compactMap { metric in
            samples[metric.name]?.record(seed: settings.seed &+ UInt64(number))
        }
        let measured = Set(records.map(\.metric.name))
        return Collection(
            metrics: records,
            missing: missing.filter { !measured.contains($0.key) }.sorted { $0.key < $1.key }.map {
                MissingMetric($0.key, reason: $0.value)
            })
    }

    /// One fresh window: nothing is cached at its beginning.
    private func run(_ index: Int, of collection: Int) async throws -> RunFindings {
        var findings = RunFindings()
        try await emptyCache()
        let before = try await stages()
        let total = phases.reduce(0) { $0 + $1.share }
        for phase in phases {
            try Task.checkCancellation()
            let time = Duration.seconds(settings.window * phase.share / total)
            let number = collection * settings.runs + index
            try await phase.measure(
                in: BaselineRun(
                    number: number, keyPrefix: "\(session)-\(collection)-\(index)",
                    seed: settings.seed &+ UInt64(bitPattern: Int64(number)) &* 1000, end: MonotonicClock.now() + time),
                into: &findings)
        }
        let after = try await stages()
        for (metric, stage) in BaselineMetrics.stages { Self.add(stage, before, after, to: metric, &findings) }
        return findings
    }

    private func emptyCache() async throws {
        guard let cache = subject.cache else { return }
        let keys = try await cache.keys("", limit: 100_000)
        if !keys.isEmpty { _ = try await cache.delete(keys) }
    }

    // MARK: Stages

    private func stages() async throws -> OpenMetricsPage { try await MetricsReader(subject.stagesURL).read() }

    private static func add(
        _ stage: String, _ before: OpenMetricsPage, _ after: OpenMetricsPage, to metric: String,
        _ findings: inout RunFindings
    ) {
        let name = histogram(stage)
        guard let count = after.growth(of: "\(name)_count", since: before), count > 0,
            let sum = after.growth(of: "\(name)_sum", since: before),
            let median = after.quantile(0.5, of: name, since: before)
        else {
            if findings.missing[metric] == nil { findings.lacks(metric, because: "no request went through it") }
            return
        }
        findings.set(metric, median: median, mean: sum / count, of: Int(count))
    }

    private static func percentiles(
        of stage: String, from first: OpenMetricsPage, to last: OpenMetricsPage
    ) -> Percentiles? {
        let found = last.quantiles([0.5, 0.95, 0.99], of: histogram(stage), since: first).compactMap(\.self)
        return found.count == 3 ? Percentiles(p50: found[0], p95: found[1], p99: found[2]) : nil
    }

    private static func histogram(_ stage: String) -> String { "bookshop_stage_\(stage)_seconds" }
}
