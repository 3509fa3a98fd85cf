import Scenarios

/// Which charts a page has, and which metrics they show. Charts without data are left out.
struct ChartCatalogue {
    private let samples: SampleTable
    private let thresholds: [Threshold]
    /// Targets and `host`, each with the number of its colour, the same in every chart.
    private let colors: [String: Int]

    private static let perTarget: [(title: String, note: String?, suffix: String)] = [
        ("Memory", nil, "memory.current"),
        ("Memory pressure", "some, average of 10 s", "memory.pressure.some.avg10"),
        ("CPU pressure", "some, average of 10 s", "cpu.pressure.some.avg10"),
        ("I/O pressure", "some, average of 10 s", "io.pressure.some.avg10"),
        ("Throttled", "time lost to cpu.max", "cpu.throttled"),
        ("Active connections", nil, "connections.active"),
        ("Transactions", "that reached the services' database, average of 3 s", "transactions.perSecond"),
        ("Replication lag", "of standbys", "replication.lag"),
    ]

    private static let wholeRun: Set<String> =
        Set(
            [
                "latency.p50", "latency.p95", "latency.p99", "errors.rate", "throughput", "arrivals", "pool.inUse",
                "pool.waiting", "pool.idle", "pool.wait.p50", "pool.wait.p95",
                "service.connects.perSecond", "service.attempts.perRequest",
            ] + MetricNames.errorClasses.map { "errors.\($0).rate" } + ownErrors)

    /// What the service counts itself.
    private static let ownErrors = MetricNames.global.filter { $0.hasPrefix("service.errors.") }

    /// How many colours there are before they repeat.
    private static let palette = 7

    /// Whether a chart may show a metric.
    static func shows(_ metric: String) -> Bool {
        wholeRun.contains(metric) || perTarget.contains { metric.hasSuffix(".\($0.suffix)") }
    }

    /// - Parameter checks: texts of the steady-state checks.
    init(_ samples: SampleTable, checks: [String]) {
        self.samples = samples
        thresholds = checks.sorted().compactMap(Threshold.init(check:))
        let targets = Set(
            samples.names.compactMap { name in
                ChartCatalogue.perTarget.first { name.hasSuffix(".\($0.suffix)") }
                    .map { String(name.dropLast($0.suffix.count + 1)) }
            }
        ).sorted()
        colors = Dictionary(
            targets.enumerated().map { ($1, $0 % ChartCatalogue.palette + 1) }, uniquingKeysWith: { first, _ in first })
    }

    var charts: [Chart] {
        var service = [
            chart("Latency", .seconds, [("p50", "latency.p50"), ("p95", "latency.p95"), ("p99", "latency.p99")]),
            chart("Errors", .fraction, [("all", "errors.rate")] + worstErrorClasses),
            chart("Throughput", .perSecond, [("answered", "throughput"), ("sent", "arrivals")]),
            chart(
                "Pool connections", .count,
                [("in use", "pool.inUse"), ("waiting", "pool.waiting"), ("idle", "pool.idle")]),
            chart("Wait for the pool", .seconds, [("p50", "pool.wait.p50"), ("p95", "pool.wait.p95")]),
            chart("Connects to the database", .perSecond, [("attempts", "service.connects.perSecond")]),
            chart("Attempts at the database per request", .count, [("attempts", "service.attempts.perRequest")]),
            chart("The service's own errors", .perSecond, ownErrors),
        ]
        for index in service.indices where service[index].unit == .seconds { service[index].mayBeLogarithmic = true }
        let targets = ChartCatalogue.perTarget.map { title, note, suffix in
            var chart = chart(
                title, MetricUnit(of: "target.\(suffix)"),
                colors.keys.sorted().map { ($0, "\($0).\(suffix)") }.filter { _, metric in
                    // Most scenarios throttle nothing.
                    suffix != "cpu.throttled" || samples[metric].contains { $0.value > 0 }
                }, colors: colors)
            chart.note = note
            return chart
        }
        return (service + targets).filter { !$0.series.isEmpty }.enumerated().map { index, chart in
            var chart = chart
            chart.id = "chart-\(index + 1)"
            return chart
        }
    }

    private func chart(
        _ title: String, _ unit: MetricUnit, _ lines: [(name: String, metric: String)], colors: [String: Int] = [:]
    ) -> Chart {
        let metrics = Set(lines.map(\.metric))
        return Chart(
            id: "", title: title, unit: unit,
            series: lines.enumerated().compactMap { index, line in
                let points = samples[line.metric]
                guard !points.isEmpty else { return nil }
                let color = colors[line.name] ?? index % ChartCatalogue.palette + 1
                return Series(name: line.name, color: color, points: points)
            },
            thresholds: thresholds.filter { metrics.contains($0.metric) })
    }

    /// Those that happened.
    private var ownErrors: [(name: String, metric: String)] {
        ChartCatalogue.ownErrors.filter { metric in samples[metric].contains { $0.value > 0 } }.map { metric in
            (metric.split(separator: ".").dropFirst(2).first.map(String.init) ?? metric, metric)
        }
    }

    /// The classes that mattered most; all would hide each other.
    private var worstErrorClasses: [(name: String, metric: String)] {
        let peaks = MetricNames.errorClasses.compactMap { name -> (name: String, metric: String, peak: Double)? in
            let metric = "errors.\(name).rate"
            let peak = samples[metric].map(\.value).max() ?? 0
            return peak > 0 ? (name, metric, peak) : nil
        }
        return peaks.sorted { ($0.peak, $1.name) > ($1.peak, $0.name) }.prefix(4).map { ($0.name, $0.metric) }
    }
}
