import Events
import Foundation
import Scenarios

/// `report.html` of a suite: what became of all its scenarios, with links to the pages of the runs. Needs no network
/// and no script.
struct SuitePage {
    /// How many of the slowest recoveries are shown.
    private static let recoveryLimit = 15
    /// How many of the flakiest.
    private static let flakyLimit = 20
    private static let verdicts: [Verdict?] = [.pass, .fail, .error, .inconclusive, .aborted, nil]

    private let result: SuiteResult
    private let folder: SuiteFolder
    /// Names of domains in order.
    private let domains: [String]

    /// - Parameter folder: the suite's, where the page is to lie.
    init(_ result: SuiteResult, in folder: String) {
        self.result = result
        self.folder = SuiteFolder(path: folder)
        domains = Set(result.scenarios.map(SuitePage.domain)).sorted()
    }

    /// - Throws: an error of Mustache when the template is broken.
    func html() throws -> String {
        try PageTemplate.suite.render(content())
    }

    private func content() -> SuitePageContent {
        let face = result.interrupted ? VerdictFace.interrupted : VerdictFace(verdict)
        let passed = result.count(.pass)
        return SuitePageContent(
            style: PageTemplate.style, pageTitle: "\(passed) of \(result.scenarios.count) scenarios passed",
            verdictName: face.name, verdictSymbol: face.symbol, verdictStyle: face.style,
            reason: reason,
            why: result.profile.map { "The service of \($0) in bookshop's place." }, facts: facts,
            residues: residues, warnings: result.flakinessWarnings,
            columns: columns.map {
                .init(columnName: $0 == nil ? "not run" : VerdictFace($0).name, columnFill: SuitePage.fill($0))
            },
            domainRows: domains.map(domainRow), troubleRows: troubles.compactMap(troubleRow),
            recoveryRows: recoveryRows, flakyRows: flakyRows, groups: groups,
            leftOutRows: (result.notApplicable ?? [:]).sorted { $0.key < $1.key }.map {
                .init(factName: $0.key, factValue: $0.value)
            })
    }

    private var reason: String? {
        guard result.interrupted else { return nil }
        return result.hostRestored == nil
            ? "The suite has no end: it was killed, or still goes on. `brink verify` tells whether the host is as it was."
            : "The suite was ended before all scenarios had run."
    }

    private var verdict: Verdict {
        let found = Set(result.deciding.map(\.verdict))
        if result.residues > 0 { return .error }
        return [.error, .fail, .aborted].first { found.contains($0) }
            ?? (found.isSubset(of: [.pass]) ? .pass : .inconclusive)
    }

    private var facts: [PageContent.Fact] {
        let attempts = result.scenarios.reduce(0) { $0 + $1.attempts.count }
        let pairs: [(String, String)] = [
            ("Started", result.startedAt), ("Length", ClockText.length(result.seconds)),
            ("Side by side", "\(result.lanes)"), ("Runs", "\(attempts)"), ("Domains", "\(domains.count)"),
            ("Kinds of faults", "\(Set(result.scenarios.flatMap(\.faults)).count)"),
            ("Host restored", result.residues > 0 ? "no" : result.hostRestored == nil ? "unknown" : "yes"),
            ("Weaknesses", result.weaknesses.joined(separator: ", ")), ("Brink", result.brinkVersion),
        ]
        return pairs.filter { !$0.1.isEmpty }.map { .init(factName: $0.0, factValue: $0.1) }
    }

    /// Runs after which the host was not known to be as before.
    private var residues: [String] {
        let left = result.scenarios.filter { $0.attempts.contains { $0.hostRestored == false } }.map(\.id)
        return left + (result.hostRestored == false ? ["the suite itself"] : [])
    }

    // MARK: Domains

    private var columns: [Verdict?] { SuitePage.verdicts.filter { result.count($0) > 0 } }

    private func domainRow(_ name: String) -> SuitePageContent.DomainRow {
        let cases = result.scenarios.filter { SuitePage.domain($0) == name }
        let counts = columns.map { verdict in cases.count { $0.verdict == verdict } }
        return .init(
            domainName: name, domainAnchor: anchor(name),
            domainBar: ShareBar(
                parts: zip(counts, columns).map { (Double($0), SuitePage.fill($1)) }, whole: Double(cases.count)
            ).svg,
            domainCells: counts.map { $0 == 0 ? "–" : "\($0)" } + ["\(cases.count)"])
    }

    private static func domain(_ scenario: SuiteCase) -> String { scenario.domain ?? "other" }

    private static func fill(_ verdict: Verdict?) -> String { "fill-\(VerdictFace(verdict).style)" }

    private func anchor(_ domain: String) -> String { "domain-\((domains.firstIndex(of: domain) ?? 0) + 1)" }

    // MARK: What stands out

    /// The worst first, what decides nothing last.
    private var troubles: [SuiteCase] {
        let order: [Verdict?] = [.error, .fail, .aborted, .inconclusive, nil, .pass]
        func rank(_ scenario: SuiteCase) -> Int {
            (order.firstIndex(of: scenario.verdict) ?? 0) + (scenario.isQuarantined ? order.count : 0)
        }
        return result.scenarios.sorted { (rank($0), $0.id) < (rank($1), $1.id) }
    }

    private func troubleRow(_ scenario: SuiteCase) -> SuitePageContent.TroubleRow? {
        guard scenario.verdict != .pass else { return nil }
        let face = VerdictFace(scenario.verdict)
        let last = scenario.telling
        let mark = scenario.isQuarantined ? ", quarantined" : ""
        // Of a scenario that does not come with Brink its file is not known.
        let source = Catalogue.file(of: scenario.id) == nil ? "FILE" : scenario.id
        let again =
            ["brink suite run", source] + (last.flatMap(\.seed).map { ["--seed \($0)"] } ?? [])
            + result.weaknesses.map { "--weakness \($0)" } + (result.profile.map { ["--profile \($0)"] } ?? [])
        return .init(
            troubleName: scenario.id, troubleLink: last.flatMap(folder.link), troubleStyle: face.style,
            troubleSymbol: face.symbol, troubleVerdict: (last == nil ? "not run" : face.name) + mark,
            troubleReasons: last.map { $0.failures.isEmpty ? [$0.reason] : $0.failures } ?? [],
            troubleAgain: last == nil ? nil : again.joined(separator: " "))
    }

    private var recoveryRows: [SuitePageContent.RecoveryRow] {
        let slowest = result.scenarios.compactMap { scenario in
            scenario.attempts.compactMap { attempt in attempt.slowestRecovery.map { (scenario, attempt, $0) } }
                .max { $0.2 < $1.2 }
        }.sorted { ($1.2, $0.0.id) < ($0.2, $1.0.id) }.prefix(SuitePage.recoveryLimit)
        let longest = slowest.first?.2 ?? 0
        return slowest.map { scenario, attempt, seconds in
            .init(
                recoveryName: scenario.id, recoveryLink: folder.link(to: attempt),
                recoveryFault: attempt.slowestFault ?? scenario.faults.joined(separator: ", "),
                recoveryBar: ShareBar(parts: [(seconds, "recovering")], whole: longest).svg,
                recoveryText: ClockText.length(seconds))
        }
    }

    /// Those whose attempts came out differently, here or over the history, most failures first.
    private var flakyRows: [SuitePageContent.FlakyRow] {
        let mixed = result.scenarios.filter { scenario in
            let history = scenario.history.map { $0.failures > 0 && $0.failures < $0.runs } ?? false
            return history || Set(scenario.attempts.map(\.verdict)).count > 1
        }
        func share(_ scenario: SuiteCase) -> Double {
            scenario.history?.low
                ?? Double(scenario.attempts.count { $0.verdict != .pass }) / Double(max(scenario.attempts.count, 1))
        }
        let worst = mixed.sorted { (share($1), $0.id) < (share($0), $1.id) }.prefix(SuitePage.flakyLimit)
        return worst.map { scenario in
            let words = scenario.history.map(FlakinessWords.init)
            return .init(
                flakyName: scenario.id, flakyDeclared: scenario.category, flakyAttempts: attempts(of: scenario),
                flakyCount: words?.count ?? "–", flakyRate: words?.rate ?? "–", flakyFinding: words?.finding ?? "–")
        }
    }

    // MARK: All scenarios

    private var groups: [SuitePageContent.Group] {
        domains.enumerated().map { number, name in
            let cases = result.scenarios.filter { SuitePage.domain($0) == name }
            let rows = cases.enumerated().map { row($1, id: "course-\(number + 1)-\($0 + 1)") }
            return .init(groupName: name, groupAnchor: anchor(name), groupCount: "\(cases.count)", groupRows: rows)
        }
    }

    private func row(_ scenario: SuiteCase, id: String) -> SuitePageContent.ScenarioRow {
        let face = VerdictFace(scenario.verdict)
        let telling = scenario.telling
        let course = telling.flatMap(folder.result).flatMap(SuiteCourse.init)
        return .init(
            scenarioName: scenario.id, scenarioLink: telling.flatMap(folder.link), scenarioStyle: face.style,
            scenarioSymbol: face.symbol, scenarioVerdict: scenario.attempts.isEmpty ? "not run" : face.name,
            scenarioCategory: [scenario.category, scenario.pass].compactMap(\.self).joined(separator: ", "),
            scenarioQuarantine: scenario.isQuarantined ? "quarantined" : nil,
            scenarioFaults: scenario.faults.joined(separator: ", "),
            scenarioCourse: course?.svg(id: id),
            scenarioAttempts: scenario.attempts.count > 1 ? attempts(of: scenario) : [],
            scenarioTime: telling.map { ClockText.length($0.seconds) } ?? "–",
            scenarioRecovery: telling.flatMap(\.slowestRecovery).map { ClockText.length($0) } ?? "–")
    }

    private func attempts(of scenario: SuiteCase) -> [SuitePageContent.Attempt] {
        scenario.attempts.enumerated().map { index, attempt in
            let face = VerdictFace(attempt.verdict)
            return .init(
                attemptSymbol: face.symbol, attemptStyle: face.style,
                attemptWords: "attempt \(index + 1) of \(scenario.id): \(face.name)",
                attemptLink: folder.link(to: attempt))
        }
    }
}
