import Events

/// `summary.md` of a suite: domains by verdicts, then everything that did not pass, then what took longest to recover.
struct SuiteSummary {
    private let result: SuiteResult

    init(_ result: SuiteResult) {
        self.result = result
    }

    var text: String {
        JobSummary([heading, domains, troubles, flaky, warnings, recoveries, leftOut]).text
    }

    private static let verdicts: [Verdict?] = [.pass, .fail, .error, .inconclusive, .aborted, nil]

    private var heading: String {
        let passed = result.count(.pass)
        let all = result.scenarios.count
        let face = VerdictFace(result.deciding.allSatisfy { $0.verdict == .pass } ? .pass : .fail)
        var lines = ["## \(face.symbol) \(passed) of \(all) scenarios passed"]
        let residue =
            result.residues > 0
            ? "**host not restored after \(result.residues) runs**"
            : result.hostRestored == nil ? "host restored: **unknown**" : "host restored"
        lines.append("\(ClockText.length(result.seconds)), \(result.lanes) side by side, \(residue).")
        if result.interrupted { lines.append("The suite was ended early.") }
        if !result.weaknesses.isEmpty {
            lines.append("With the weaknesses \(MarkdownText(result.weaknesses.joined(separator: ", "))).")
        }
        if let profile = result.profile {
            lines.append("The service of \(MarkdownText(profile)) in bookshop's place.")
        }
        return lines.joined(separator: "\n\n")
    }

    private var leftOut: String {
        let reasons = (result.notApplicable ?? [:]).sorted { $0.key < $1.key }
        if reasons.isEmpty { return "" }
        return "Not applicable\n\n" + SuiteSummary.table(["scenario", "why"], reasons.map { [$0.key, $0.value] })
    }

    private var domains: String {
        let names = Set(result.scenarios.map { $0.domain ?? "other" }).sorted()
        let columns = SuiteSummary.verdicts.filter { result.count($0) > 0 }
        return SuiteSummary.table(
            ["domain"] + columns.map { VerdictFace($0).name },
            names.map { name in
                let cases = result.scenarios.filter { ($0.domain ?? "other") == name }
                return [name]
                    + columns.map { verdict in
                        let count = cases.count { $0.verdict == verdict }
                        return count == 0 ? "" : "\(count)"
                    }
            })
    }

    private var troubles: String {
        let troubled = result.scenarios.filter { $0.verdict != .pass }
        if troubled.isEmpty { return "" }
        return SuiteSummary.table(
            ["", "scenario", "why"],
            troubled.map { scenario in
                let last = scenario.attempts.last
                let reasons = last.map { $0.failures.isEmpty ? [$0.reason] : $0.failures } ?? ["not run"]
                let mark = scenario.isQuarantined ? "quarantined: " : ""
                return [VerdictFace(scenario.verdict).symbol, scenario.id, mark + reasons.joined(separator: "; ")]
            })
    }

    private var flaky: String {
        let names = result.scenarios.filter(\.wasFlaky).map { "\($0.id) (\($0.category))" }
        return names.isEmpty ? "" : "Passed, but not at first: \(MarkdownText(names.joined(separator: ", ")))."
    }

    private var warnings: String {
        result.flakinessWarnings.map { "- \(MarkdownText($0))" }.joined(separator: "\n")
    }

    private var recoveries: String {
        let slowest = result.scenarios.compactMap { scenario in
            scenario.attempts.compactMap(\.slowestRecovery).max().map { (scenario.id, $0) }
        }.sorted { $0.1 > $1.1 }.prefix(5)
        if slowest.isEmpty { return "" }
        return "Slowest recoveries\n\n"
            + SuiteSummary.table(["scenario", "recovery"], slowest.map { [$0.0, ClockText.length($0.1)] })
    }

    private static func table(_ header: [String], _ rows: [[String]]) -> String {
        let lines =
            [header, header.map { _ in "---" }]
            + rows.map { row in row.map { MarkdownText($0).description } }
        return lines.map { "| \($0.joined(separator: " | ")) |" }.joined(separator: "\n")
    }
}
