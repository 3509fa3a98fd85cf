import Events
import Foundation

/// `report.html`: one file with all that is to be seen of a run. Needs no network and no script.
struct ReportPage {
    private let result: RunResult
    private let events: [RunEvent]
    private let axis: TimeAxis
    private let backdrop: Backdrop

    init(_ result: RunResult, events: [RunEvent]) {
        self.result = result
        self.events = events
        axis = TimeAxis(duration: result.duration)
        backdrop = Backdrop(axis: axis, phases: result.phases, faults: result.faults)
    }

    /// - Throws: an error of Mustache when the template is broken.
    func html() throws -> String {
        try PageTemplate.report.render(content())
    }

    private func content() -> PageContent {
        let face = VerdictFace(result)
        let writes = WriteRows(result)
        return PageContent(
            style: PageTemplate.style,
            pageTitle: result.scenario.isEmpty ? "Unknown scenario" : result.scenario,
            verdictName: face.name, verdictSymbol: face.symbol, verdictStyle: face.style, reason: reason,
            why: result.why.isEmpty ? nil : result.why, residues: result.host.residues, facts: facts,
            squeeze: SqueezeFindings(events).squeezed.map { SqueezeSection($0).content },
            oom: result.oomKills.isEmpty ? nil : OOMSection(result.oomKills).content,
            outages: result.outages.isEmpty && result.serverLog.isEmpty ? nil : outages.content,
            doorLanes: outages.lanes(backdrop), safetyRows: SafetyWords.all(result).map(row),
            propagationLines: PropagationWords(result).lines,
            alertLines: AlertWords(scores: result.alerts).lines, phaseLabels: phaseLabels,
            axisTicks: axisTicks,
            lanes: FaultLanes(backdrop: backdrop, faults: result.faults, end: result.duration).lanes,
            steadyDrawing: SteadyLane(events).drawing(backdrop), charts: charts,
            expectations: result.expectations.map(row), faultRows: result.faults.map(row),
            loadRows: result.load.map(row), ledgerFacts: ledgerFacts, lostKeys: result.ledger?.lostKeys ?? [],
            writes: writes.rows, writeCount: writes.count, opensWrites: writes.rows.count <= 8,
            environment: facts(of: result.environment),
            messages: result.messages.map {
                .init(messageTime: ClockText.moment($0.at), messageLevel: $0.level.rawValue, messageText: $0.text)
            })
    }

    private var outages: OutageSection {
        OutageSection(outages: result.outages, lines: result.serverLog, faults: result.faults)
    }

    private func row(_ words: SafetyWords) -> PageContent.SafetyRow {
        let face = VerdictFace(words.verdict)
        return .init(
            safetyName: words.name, safetyStyle: face.style, safetySymbol: face.symbol,
            safetyVerdict: face.name, safetyFigures: words.figures, safetyNotes: words.notes,
            safetyFindings: words.findings)
    }

    private var reason: String? {
        if result.interrupted {
            return "The events stop without an end: the run was interrupted at \(ClockText.moment(result.duration))."
        }
        return result.reason
    }

    private var facts: [PageContent.Fact] {
        let restored = result.host.restored.map { $0 ? "yes, \(result.host.changes ?? 0) changes" : "no" }
        let pairs: [(String, String)] = [
            ("Run", result.run), ("Started", result.startedAt), ("Length", ClockText.length(result.duration)),
            ("Seed", "\(result.seed)"), ("Exit code", result.exitCode.map { "\($0)" } ?? "none"),
            ("Host restored", restored ?? "unknown"), ("Brink", result.brinkVersion),
        ]
        return pairs.filter { !$0.1.isEmpty }.map { .init(factName: $0.0, factValue: $0.1) }
    }

    private var phaseLabels: [PageContent.PhaseLabel] {
        result.phases.map { phase in
            let left = axis.percent(phase.start)
            let width = axis.percent(phase.end) - left
            return .init(
                phaseName: phase.phase.rawValue, phaseLeft: MetricUnit.trim(left), phaseWidth: MetricUnit.trim(width),
                isLabelled: width >= 6)
        }
    }

    private var axisTicks: [PageContent.AxisTick] {
        axis.ticks.map {
            .init(
                axisPlace: MetricUnit.trim(axis.percent($0.seconds)), axisText: $0.label, isMinor: $0.isMinor)
        }
    }

    private var charts: [PageContent.ChartRow] {
        let samples = SampleTable(events, wanted: ChartCatalogue.shows)
        let catalogue = ChartCatalogue(samples, checks: Array(result.steadyState.checks.values))
        return ((SqueezeFindings(events).traced.map { [Chart($0)] } ?? []) + catalogue.charts).map { chart in
            let scale = chart.scale()
            let table = DataTable(chart, axis: axis)
            return .init(
                chartID: chart.id, chartTitle: chart.title, chartNote: scale.isLogarithmic ? "logarithmic" : chart.note,
                chartDrawing: chart.svg(backdrop, scale: scale), legend: chart.legend(scale),
                tickLabels: chart.tickLabels(scale), columns: table.columns, rows: table.rows)
        }
    }

    private func row(_ expectation: ExpectationOutcome) -> PageContent.ExpectationRow {
        let face = VerdictFace(expectation.verdict)
        return .init(
            expectationID: expectation.id, expectationThat: expectation.that, expectationVerdict: face.name,
            expectationSymbol: face.symbol, expectationStyle: face.style,
            measured: MeasuredValues(expectation.values).pairs.map { "\($0.name) = \($0.value)" },
            expectationDetail: expectation.detail)
    }

    private func row(_ fault: FaultResult) -> PageContent.FaultRow {
        let words = FaultWords(fault)
        let face = VerdictFace(fault.state == .failed ? .error : fault.verified ? .pass : .inconclusive)
        return .init(
            faultID: fault.id, faultKind: words.kind, faultSchedule: fault.schedule,
            faultEffect: words.effect, faultStyle: face.style, faultSymbol: face.symbol,
            faultInjected: ClockText.moment(fault.injectedAt), faultEnded: ClockText.moment(fault.endedAt),
            faultRecovery: words.recovery)
    }

    private func row(_ load: PhaseLoad) -> PageContent.LoadRow {
        func cell(_ metric: String, _ value: Double?) -> String {
            value.map { MetricUnit(of: metric).text($0) } ?? "–"
        }
        let steady = result.steadyState.phases.first { $0.phase == load.phase }
        return .init(
            loadPhase: load.phase.rawValue,
            loadCells: [
                cell("latency.p50", load.latency("p50")), cell("latency.p95", load.latency("p95")),
                cell("latency.p99", load.latency("p99")), cell("latency.p99", load.metrics["latency.p99"]?.highest),
                cell("throughput", load.throughput(over: result.length(of: load.phase))),
                cell("errors.rate", load.errorShare), cell("errors.rate", load.metrics["errors.rate"]?.highest),
                steady.map { MetricUnit.fraction.text($0.share) } ?? "–",
            ])
    }

    private var ledgerFacts: [PageContent.Fact] {
        guard let ledger = result.ledger else { return [] }
        return [
            ("Sent", ledger.sent), ("Acknowledged", ledger.acked), ("Failed", ledger.failed),
            ("Unknown", ledger.unknown), ("Stored", ledger.stored), ("Unknown, stored", ledger.unknownStored),
            ("Phantom", ledger.phantom), ("Lost", ledger.lost),
        ].map { .init(factName: $0.0, factValue: "\($0.1)") }
    }

    private func facts(of values: [String: String]) -> [PageContent.Fact] {
        values.sorted { $0.key < $1.key }.map { .init(factName: $0.key, factValue: $0.value) }
    }
}
