import Events

/// `summary.md`: what a CI shows beside a job.
struct MarkdownSummary {
    private let result: RunResult
    private let findings: [String]
    private let page: String

    /// - Parameters:
    ///   - findings: what a squeeze or a trace found, one fact a line.
    ///   - page: where the whole report is.
    init(_ result: RunResult, findings: [String] = [], page: String) {
        self.result = result
        self.findings = findings
        self.page = page
    }

    var text: String {
        JobSummary([
            heading, found, host, expectations, faults, load, propagation, alerts, outages, oomKills, ledger, safety,
            footer,
        ]).text
    }

    private var heading: String {
        let face = VerdictFace(result)
        var lines = ["## \(face.symbol) \(face.name): \(MarkdownText(result.scenario))"]
        if let reason = result.reason, !reason.isEmpty { lines.append(MarkdownText(reason).description) }
        if result.interrupted { lines.append("The events stop without an end: the run was interrupted.") }
        return lines.joined(separator: "\n\n")
    }

    private var found: String {
        findings.map { "- \(MarkdownText($0))" }.joined(separator: "\n")
    }

    private var host: String {
        switch result.host.restored {
        case true?: "Host restored: yes, \(result.host.changes ?? 0) changes undone."
        case false?:
            "**Host not restored.** Left behind:\n\n"
                + result.host.residues.map { "- \(MarkdownText($0))" }.joined(separator: "\n")
        case nil: "Host restored: **unknown**. `brink verify` tells, `brink recover` repairs."
        }
    }

    private var expectations: String {
        table(
            ["", "expectation", "that", "measured"],
            result.expectations.map { expectation in
                [
                    VerdictFace(expectation.verdict).symbol, expectation.id, expectation.that,
                    [MeasuredValues(expectation.values).text, expectation.detail].filter { !$0.isEmpty }
                        .joined(separator: "; "),
                ]
            })
    }

    private var faults: String {
        table(
            ["fault", "target", "when", "took effect", "recovery"],
            result.faults.map { fault in
                [
                    "\(fault.id) (\(fault.name))", fault.target, fault.schedule, FaultWords(fault).effect,
                    FaultWords(fault).recovery,
                ]
            })
    }

    private var propagation: String {
        let lines = PropagationWords(result).lines
        if lines.isEmpty { return "" }
        return "How it spread\n\n" + lines.map { "- \(MarkdownText($0))" }.joined(separator: "\n")
    }

    private var alerts: String {
        let lines = AlertWords(scores: result.alerts).lines
        if lines.isEmpty { return "" }
        return "What alerts would have told\n\n" + lines.map { "- \(MarkdownText($0))" }.joined(separator: "\n")
    }

    private var load: String {
        table(
            ["phase", "requests", "latency p50, p95, p99, most", "errors"],
            result.load.compactMap { load in
                guard let whole = load.whole, whole.requests > 0 else { return nil }
                let latency = ["p50", "p95", "p99", "max"].map { name in
                    whole.latency[name].map { MetricUnit.seconds.text($0) } ?? "–"
                }
                // Those that came most often; the result has them all.
                let errors = whole.errors.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
                let shown = errors.prefix(6).map { "\($0.value) × \($0.key)" } + (errors.count > 6 ? ["…"] : [])
                return [
                    load.phase.rawValue, "\(whole.requests)", latency.joined(separator: ", "),
                    shown.isEmpty ? "none" : shown.joined(separator: ", "),
                ]
            })
    }

    private var oomKills: String {
        // A summary is read in a minute; the page has them all.
        let shown = result.oomKills.prefix(5).map { "- \(ClockText.moment($0.at)): \(MarkdownText($0.kill.line))" }
        let hidden = result.oomKills.count - shown.count
        return (shown + (hidden > 0 ? ["- and \(hidden) more OOM kills"] : [])).joined(separator: "\n")
    }

    private var ledger: String {
        result.ledger.map { ledger in
            "Ledger: \(ledger.acked) acknowledged of \(ledger.sent) sent, \(ledger.stored) stored, "
                + (ledger.lost == 0 ? "none lost" : "**\(ledger.lost) lost**")
                + ", \(ledger.phantom) phantom, \(ledger.unknown) unknown (\(ledger.unknownStored) of them stored)."
        } ?? ""
    }

    private var outages: String {
        result.outages.isEmpty ? "" : OutageSummary(result.outages).text
    }

    private var safety: String {
        SafetyWords.all(result).map { words in
            let found = words.findings.prefix(5).map { "; \(MarkdownText($0))" }.joined()
            let name = MarkdownText(words.name)
            return "- \(VerdictFace(words.verdict).symbol) \(name): \(MarkdownText(words.figures))\(found)"
        }.joined(separator: "\n")
    }

    private var footer: String {
        "Run \(MarkdownText(result.run)), seed \(result.seed), \(ClockText.length(result.duration)). "
            + "Report: \(MarkdownText(page))"
    }

    private func table(_ head: [String], _ rows: [[String]]) -> String {
        guard !rows.isEmpty else { return "" }
        let lines =
            [head, head.map { _ in "---" }].map { $0.joined(separator: " | ") }
            + rows.map { row in row.map { MarkdownText($0).description }.joined(separator: " | ") }
        return lines.map { "| \($0) |" }.joined(separator: "\n")
    }
}
