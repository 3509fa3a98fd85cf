import Events

/// The runs of one scenario on one service over the commits.
struct TrendScenario {
    let name: String
    let commits: [CommitRuns]
    /// Number on the page, from 1.
    let number: Int
    private let runs: [RunRecord]

    init(name: String, runs: [RunRecord], number: Int) {
        self.name = name
        self.runs = runs.sorted { ($0.startedAt, $0.run) < ($1.startedAt, $1.run) }
        self.number = number
        commits = CommitRuns.all(runs)
    }

    func content(isOpen: Bool) -> TrendPageContent.Scenario {
        let face = VerdictFace(runs.last?.verdict)
        let passed = runs.count { $0.verdict == .pass }
        return .init(
            scenarioName: name, scenarioNote: "\(passed) of \(runs.count) runs passed", scenarioStyle: face.style,
            scenarioSymbol: face.symbol, scenarioVerdict: runs.last?.verdict == nil ? "no end" : face.name,
            isOpen: isOpen,
            charts: charts.map { chart in
                let scale = chart.scale
                return .init(
                    chartTitle: chart.title, chartNote: scale.isLogarithmic ? "logarithmic" : chart.note,
                    chartDrawing: chart.svg(scale), legend: chart.legend(),
                    tickLabels: scale.ticks.map {
                        .init(tickPlace: MetricUnit.trim(scale.place($0.value) * 100), tickText: $0.label)
                    })
            },
            scenarioTicks: TrendAxis(count: commits.count).ticks(commits.map(\.name)),
            dataColumns: ["runs", "pass", "fail", "other"] + tabled.map(\.title),
            dataRows: commits.map(row))
    }

    private var recoveries: [(name: String, figure: String)] {
        Set(runs.flatMap(\.figures.keys).filter { $0.hasPrefix("recovery(") }).sorted().map {
            (String($0.dropFirst(9).dropLast()), $0)
        }
    }

    private static func phases(_ metric: String) -> [(name: String, figure: String)] {
        ["baseline", "run", "recovery"].map { ($0, "phase(\($0), \(metric))") }
    }

    private var charts: [TrendChart] {
        [
            TrendChart(
                id: "trend-\(number)-recovery", title: "Recovery", unit: .seconds, figures: recoveries,
                commits: commits),
            TrendChart(
                id: "trend-\(number)-p99", title: "p99", note: "of all requests in a phase", unit: .seconds,
                figures: TrendScenario.phases("latency.p99"), commits: commits),
            TrendChart(
                id: "trend-\(number)-errors", title: "Errors", unit: .fraction,
                figures: TrendScenario.phases("errors.rate"), commits: commits),
            TrendChart(
                id: "trend-\(number)-retries", title: "Attempts for each operation", note: "1 without retries",
                unit: .count, figures: TrendScenario.phases("service.attempts.perRequest"), commits: commits),
        ].compactMap(\.self)
    }

    /// The figures of the table, as medians.
    private var tabled: [(title: String, figure: String, unit: MetricUnit)] {
        recoveries.map { ("recovery \($0.name)", $0.figure, .seconds) }
            + [
                ("p99 run", "phase(run, latency.p99)", .seconds),
                ("errors run", "phase(run, errors.rate)", .fraction),
                ("errors recovery", "phase(recovery, errors.rate)", .fraction),
            ].filter { entry in runs.contains { $0.figures[entry.1] != nil } }
    }

    private func row(_ commit: CommitRuns) -> TrendPageContent.DataRow {
        let passed = commit.count(.pass)
        let failed = commit.count(.fail)
        let counts = [commit.runs.count, passed, failed, commit.runs.count - passed - failed].map { "\($0)" }
        return .init(
            dataCommit: commit.name,
            dataCells: counts + tabled.map { entry in commit.median(entry.figure).map(entry.unit.text) ?? "–" })
    }
}
