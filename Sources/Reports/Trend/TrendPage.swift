import Events
import Foundation

/// The page of `brink report --trend`: verdicts, recovery, p99 and errors per commit over the history. Needs no network
/// and no script.
public struct TrendPage {
    /// With more scenarios than this, each is shown when it is asked for.
    private static let openLimit = 6
    /// How many commits the table of all has.
    private static let commitLimit = 60
    private static let verdicts: [Verdict?] = [.pass, .fail, .error, .inconclusive, .aborted, nil]

    private let runs: [RunRecord]
    private let commits: [CommitRuns]

    /// - Parameter runs: in any order.
    public init(_ runs: [RunRecord]) {
        self.runs = runs.sorted { ($0.startedAt, $0.run) < ($1.startedAt, $1.run) }
        commits = CommitRuns.all(runs)
    }

    /// - Throws: an error of Mustache when the template is broken.
    public func html() throws -> String { try PageTemplate.trend.render(content()) }

    /// Writes the page to a file that only its owner may read.
    /// - Throws: `ReportError`.
    public func write(to path: String) throws { try PrivateFile(path: path).write(Data(html().utf8)) }

    private func content() -> TrendPageContent {
        let face = VerdictFace(commits.last.flatMap(TrendPage.verdict))
        let scenarios = self.scenarios
        return TrendPageContent(
            style: PageTemplate.style, pageTitle: "Trend of \(scenarios.count) scenarios over \(commits.count) commits",
            verdictName: commits.isEmpty ? "no runs" : "last commit: \(face.name)", verdictSymbol: face.symbol,
            verdictStyle: face.style, reason: runs.isEmpty ? "The history has no such run." : nil, why: nil,
            facts: facts,
            columns: columns.map {
                .init(columnName: $0 == nil ? "no end" : VerdictFace($0).name, columnFill: fill($0))
            },
            commitRows: commits.suffix(TrendPage.commitLimit).reversed().map(row),
            commitsHidden: commits.count > TrendPage.commitLimit
                ? "and \(commits.count - TrendPage.commitLimit) earlier commits" : nil,
            scenarios: scenarios.map { $0.content(isOpen: scenarios.count <= TrendPage.openLimit) })
    }

    private var facts: [PageContent.Fact] {
        let machines = Set(runs.map(\.fingerprint))
        let pairs = [
            ("Runs", "\(runs.count)"), ("From", runs.first?.startedAt ?? ""), ("To", runs.last?.startedAt ?? ""),
            // Figures of different machines say little about each other.
            (
                "Environments",
                machines.isEmpty ? "" : machines.count == 1 ? "1" : "\(machines.count), compare with care"
            ),
        ]
        return pairs.filter { !$0.1.isEmpty }.map { .init(factName: $0.0, factValue: $0.1) }
    }

    /// The worst of a commit's runs.
    private static func verdict(of commit: CommitRuns) -> Verdict? {
        let found = Set(commit.runs.compactMap(\.verdict))
        return [Verdict.error, .fail, .aborted, .inconclusive, .pass].first { found.contains($0) }
    }

    private var columns: [Verdict?] { TrendPage.verdicts.filter { verdict in runs.contains { $0.verdict == verdict } } }

    private func fill(_ verdict: Verdict?) -> String { "fill-\(VerdictFace(verdict).style)" }

    private func row(_ commit: CommitRuns) -> TrendPageContent.CommitRow {
        let counts = columns.map { commit.count($0) }
        return .init(
            commitName: commit.name, commitBranch: commit.branch ?? "",
            commitDate: String((commit.runs.first?.startedAt ?? "").prefix(10)),
            commitBar: ShareBar(
                parts: zip(counts, columns).map { (Double($0), fill($1)) }, whole: Double(commit.runs.count)
            ).svg,
            commitCells: counts.map { $0 == 0 ? "–" : "\($0)" } + ["\(commit.runs.count)"])
    }

    /// By name; runs of another service, or of one with seeded mistakes, are a scenario of their own.
    private var scenarios: [TrendScenario] {
        let groups = Dictionary(grouping: runs) { run in
            let marks = (run.profile.map { ["profile \($0)"] } ?? []) + run.weaknesses.map { "weakness \($0)" }
            return run.scenario + (marks.isEmpty ? "" : " (\(marks.joined(separator: ", ")))")
        }
        return groups.sorted { $0.key < $1.key }.enumerated().map { index, group in
            TrendScenario(name: group.key, runs: group.value, number: index + 1)
        }
    }
}
