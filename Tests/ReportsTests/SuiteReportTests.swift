import Events
import Foundation
import FoundationXML
import Testing

@testable import Reports

@Suite struct SuiteReportTests {
    private func attempt(_ verdict: Verdict, seconds: Double = 10, reason: String = "because") -> SuiteCase.Attempt {
        SuiteCase.Attempt(
            verdict: verdict, reason: reason, exitCode: 0, seconds: seconds, folder: "/out/x", result: nil)
    }

    private func result(_ cases: [(String, String, [Verdict])]) -> SuiteResult {
        SuiteResult(
            startedAt: "2026-11-30T07:00:00Z", brinkVersion: "1", lanes: 2, seconds: 61.5, interrupted: false,
            hostRestored: true, weaknesses: [],
            scenarios: cases.map { id, domain, verdicts in
                SuiteCase(
                    id: id, domain: domain, category: "stable", tags: [], faults: ["memory.high"],
                    attempts: verdicts.map { attempt($0, reason: "<\(id)> & more") })
            })
    }

    private var mixed: SuiteResult {
        result([
            ("b.passes", "network", [.pass]), ("a.fails", "cache", [.fail, .fail]),
            ("c.flaky", "cache", [.fail, .pass]),
            ("d.unclear", "cache", [.inconclusive]), ("e.never", "network", []), ("f.error", "network", [.error]),
        ])
    }

    @Test func verdictsOfSeveralAttempts() {
        let verdicts = Dictionary(uniqueKeysWithValues: mixed.scenarios.map { ($0.id, $0.verdict) })
        #expect(verdicts["c.flaky"] == .pass && verdicts["a.fails"] == .fail)
        #expect(verdicts["e.never"] == .some(nil))
        #expect(mixed.scenarios.filter(\.wasFlaky).map(\.id) == ["c.flaky"])
        #expect(mixed.scenarios.map(\.id) == mixed.scenarios.map(\.id).sorted())
    }

    @Test func junitCountsAndNames() throws {
        let text = SuiteJUnit(mixed).text
        let document = try XMLDocument(data: Data(text.utf8))
        let root = try #require(document.rootElement())
        func number(_ element: XMLElement, _ name: String) -> String? { element.attribute(forName: name)?.stringValue }
        #expect(number(root, "tests") == "6" && number(root, "failures") == "1")
        #expect(number(root, "errors") == "1" && number(root, "skipped") == "2")
        let cases = try root.nodes(forXPath: "//testcase").count
        #expect(cases == 6)
        #expect(try root.nodes(forXPath: "//testcase[@name='c.flaky']/flakyFailure/stackTrace").count == 1)
        #expect(try root.nodes(forXPath: "//testcase[@name='a.fails']/failure").count == 1)
        let reruns = try root.nodes(forXPath: "//testcase[@name='a.fails']/failure/following-sibling::rerunFailure")
        #expect(reruns.count == 1)
        #expect(try root.nodes(forXPath: "//testcase[@name='b.passes']/*").isEmpty)
    }

    /// GitHub shows nothing of a summary that is too long.
    @Test func aSummaryIsNoLongerThanAJobTakes() {
        let row = "| something that did not pass | ü |"
        let long = JobSummary(["## Heading", Array(repeating: row, count: 60_000).joined(separator: "\n")]).text
        #expect(long.utf8.count <= JobSummary.limit && long.utf8.count > JobSummary.limit - 200)
        let lines = long.split(separator: "\n")
        #expect(lines.last?.contains("Cut here") == true)
        #expect(lines.dropLast().allSatisfy { $0 == row || $0.first == "#" })
        #expect(JobSummary(["a", "", "b"]).text == "a\n\nb\n")
    }

    @Test func theSummaryTellsWhatDidNotPass() {
        let text = SuiteSummary(mixed).text
        #expect(text.contains("2 of 6 scenarios passed"))
        #expect(text.contains("a.fails") && text.contains("f.error") && text.contains("e.never"))
        #expect(text.contains("&lt;a.fails&gt;"), "what a run says is no markup")
        #expect(text.contains("Passed, but not at first: c.flaky"))
        let sound = SuiteSummary(result([("a", "cache", [.pass])])).text
        #expect(sound.contains("1 of 1 scenarios passed") && !sound.contains("| why |"))
    }

    @Test func aResultComesBackFromItsJSON() throws {
        let data = try JSONEncoder().encode(mixed)
        #expect(try JSONDecoder().decode(SuiteResult.self, from: data) == mixed)
    }
}
