import Events
import Foundation

/// The page of `brink report --compare`: two runs side by side, their curves on one time axis, and what differs, in
/// words. Needs no network and no script.
public struct ComparisonPage {
    private static let metrics: [(title: String, unit: MetricUnit, metric: String, isLogarithmic: Bool)] = [
        ("Latency, p50", .seconds, "latency.p50", true), ("Latency, p99", .seconds, "latency.p99", true),
        ("Errors", .fraction, "errors.rate", false), ("Throughput", .perSecond, "throughput", false),
        ("Waiting for the pool", .count, "pool.waiting", false),
        ("Wait for the pool, p95", .seconds, "pool.wait.p95", true),
        ("Attempts for each operation", .count, "service.attempts.perRequest", false),
    ]
    private static let perTarget: [(title: String, suffix: String)] = [
        ("Memory", "memory.current"), ("CPU pressure", "cpu.pressure.some.avg10"),
        ("Memory pressure", "memory.pressure.some.avg10"), ("I/O pressure", "io.pressure.some.avg10"),
    ]

    private let comparison: Comparison
    private let runs: [ComparedRun]
    private let axis: TimeAxis

    /// - Parameters:
    ///   - first: events of the run that is called A.
    ///   - second: events of the run that is called B.
    public init(_ first: [RunEvent], _ second: [RunEvent]) {
        let results = [RunResult(events: first), RunResult(events: second)]
        comparison = Comparison(first: results[0], second: results[1])
        // Services take a while to start, never the same: what counts is where faults may begin.
        let lead = results.map { ComparedRun.origin(of: $0) - ComparedRun.start(of: $0) }.max() ?? 0
        runs = zip(zip(["A", "B"], results), [first, second]).map { named, events in
            ComparedRun(
                letter: named.0, result: named.1, samples: SampleTable(events, wanted: ComparisonPage.shows),
                shift: lead - ComparedRun.origin(of: named.1))
        }
        axis = TimeAxis(duration: runs.map { $0.result.duration + $0.shift }.max() ?? 0)
    }

    private static func shows(_ metric: String) -> Bool {
        metrics.contains { $0.metric == metric } || perTarget.contains { metric.hasSuffix(".\($0.suffix)") }
    }

    /// - Throws: an error of Mustache when the template is broken.
    public func html() throws -> String { try PageTemplate.comparison.render(content()) }

    /// Writes the page to a file that only its owner may read.
    /// - Throws: `ReportError`.
    public func write(to path: String) throws { try PrivateFile(path: path).write(Data(html().utf8)) }

    private func content() -> ComparisonPageContent {
        let figures = comparison.figures
        let worse = figures.count { $0.isWorse == true }
        let better = figures.count { $0.isWorse == false }
        let face = VerdictFace(worse > better ? .inconclusive : .pass)
        let words = [worse > 0 ? "\(worse) worse" : nil, better > 0 ? "\(better) better" : nil].compactMap(\.self)
        return ComparisonPageContent(
            style: PageTemplate.style, pageTitle: title,
            verdictName: words.isEmpty ? "no figure differs" : "B: \(words.joined(separator: ", "))",
            verdictSymbol: words.isEmpty ? "=" : "≠", verdictStyle: words.isEmpty ? "none" : face.style,
            reason: nil,
            why: "One run each: what differs may be chance. Called different is what changed by more than a tenth.",
            facts: [], runRows: runs.map(row), sentences: comparison.sentences, unlike: comparison.unlike,
            figureRows: figures.map(row),
            axisTicks: axis.ticks.map {
                .init(axisPlace: MetricUnit.trim(axis.percent($0.seconds)), axisText: $0.label, isMinor: $0.isMinor)
            },
            lanes: runs.flatMap(lanes), charts: charts)
    }

    private var title: String {
        let names = (comparison.first.scenario, comparison.second.scenario)
        return names.0 == names.1 ? "\(names.0): two runs" : "\(names.0) and \(names.1)"
    }

    private func row(_ run: ComparedRun) -> ComparisonPageContent.RunRow {
        let face = VerdictFace(run.result)
        return .init(
            runLetter: run.letter, runName: run.result.run, runStyle: face.style, runSymbol: face.symbol,
            runVerdict: face.name, runReason: run.result.reason ?? "", runStarted: run.result.startedAt,
            runSeed: "\(run.result.seed)", runBrink: run.result.brinkVersion)
    }

    private func row(_ figure: ComparedFigure) -> ComparisonPageContent.FigureRow {
        let word = figure.isWorse.map { $0 ? "worse" : "better" } ?? ""
        return .init(
            figureName: figure.name, figureFirst: figure.texts.first, figureSecond: figure.texts.second,
            figureDifference: figure.difference,
            figureStyle: figure.isWorse.map { $0 ? "fail" : "pass" } ?? "none", figureWord: word)
    }

    private func lanes(_ run: ComparedRun) -> [ComparisonPageContent.Lane] {
        let (phases, faults) = run.shifted()
        let backdrop = Backdrop(axis: axis, phases: phases, faults: faults)
        let end = run.result.duration + run.shift
        return FaultLanes(backdrop: backdrop, faults: faults, end: end, prefix: "\(run.letter.lowercased())-").lanes.map
        {
            .init(laneName: "\(run.letter): \($0.laneName)", laneKind: $0.laneKind, laneDrawing: $0.laneDrawing)
        }
    }

    private var charts: [PageContent.ChartRow] {
        // Bands and lines of two runs would hide the curves: those of A alone, and of its phases only.
        let backdrop = Backdrop(axis: axis, phases: runs[0].shifted().phases, faults: [])
        var charts = ComparisonPage.metrics.map { chart($0.title, $0.unit, $0.metric, $0.isLogarithmic) }
        let names = Set(runs.flatMap(\.samples.names)).sorted()
        for (title, suffix) in ComparisonPage.perTarget {
            for name in names where name.hasSuffix(".\(suffix)") && !name.hasPrefix("harness.") {
                let target = name.dropLast(suffix.count + 1)
                charts.append(chart("\(title) of \(target)", MetricUnit(of: name), name, false))
            }
        }
        return charts.filter { !$0.series.isEmpty }.enumerated().map { index, chart in
            var chart = chart
            chart.id = "chart-\(index + 1)"
            let scale = chart.scale()
            let table = DataTable(chart, axis: axis)
            return .init(
                chartID: chart.id, chartTitle: chart.title, chartNote: scale.isLogarithmic ? "logarithmic" : nil,
                chartDrawing: chart.svg(backdrop, scale: scale), legend: chart.legend(scale),
                tickLabels: chart.tickLabels(scale), columns: table.columns, rows: table.rows)
        }
    }

    private func chart(_ title: String, _ unit: MetricUnit, _ metric: String, _ isLogarithmic: Bool) -> Chart {
        let series = zip(runs, [1, 4]).compactMap { run, color -> Series? in
            let points = run.points(metric)
            // A line along zero says nothing, in both runs.
            return points.isEmpty ? nil : Series(name: run.letter, color: color, points: points)
        }
        let isFlat = !series.contains { $0.points.contains { $0.value != 0 } }
        var chart = Chart(id: "", title: title, unit: unit, series: isFlat ? [] : series, thresholds: [])
        chart.mayBeLogarithmic = isLogarithmic
        return chart
    }
}
