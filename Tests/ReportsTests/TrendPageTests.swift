import Events
import Foundation
import Testing

@testable import Reports

@Suite("The trend over the history")
struct TrendPageTests {
    /// Runs of a scenario: three at each of some commits, slower from one to the next.
    static func records(_ scenario: String, commits: Int, perCommit: Int = 3) -> [RunRecord] {
        (0..<commits).flatMap { commit in
            (0..<perCommit).map { index in
                var start = SyntheticRun.start(of: scenario)
                let minute = commit * perCommit + index
                start.run = "\(scenario)-\(minute)"
                start.startedAt = String(
                    format: "2026-11-%02dT%02d:%02d:00Z", 1 + minute / 1440, minute / 60 % 24, minute % 60)
                var record = RunRecord(
                    start,
                    about: RunOrigin(
                        domain: "cache", category: "stable", tags: [],
                        commit: commit == 0 ? nil : "c0ffee\(commit)aa", branch: "main"), folder: "/f")
                record.verdict = index == 0 && commit.isMultiple(of: 2) ? .fail : .pass
                record.figures = [
                    "recovery(kill)": Double(commit + 1) + Double(index) / 10,
                    "phase(run, latency.p99)": 0.1 * Double(commit + 1), "phase(run, errors.rate)": 0.02,
                ]
                return record
            }
        }
    }

    @Test("It has commits in order, medians, and every chart's data as a table")
    func contents() throws {
        let page = try TrendPage(TrendPageTests.records("cache.down", commits: 4).shuffled()).html()
        for text in [
            "Trend of 1 scenarios over 4 commits", "no commit", "c0ffee3", "10 of 12 runs passed", "last commit: pass",
            "recovery kill", "kill: 1.1 s at the first commit, 4.1 s at the last.", "<td class=\"number\">4.1 s</td>",
            "<td class=\"number\">400 ms</td>", "2 %",
        ] { #expect(page.contains(text), "\(text) is missing") }
        let first = try #require(page.firstRange(of: ">c0ffee3</code><span"))
        let second = try #require(page.firstRange(of: ">c0ffee1</code><span"))
        #expect(first.lowerBound < second.lowerBound, "newest first")
        #expect(!page.contains("<script") && !page.contains("http://") && !page.contains("https://"))
        let ids = page.matches(of: /\sid="([^"]+)"/).map { String($0.1) }
        #expect(Set(ids).count == ids.count)
    }

    @Test("Runs with seeded mistakes and of other services are told apart")
    func apart() throws {
        var records = TrendPageTests.records("cache.down", commits: 1)
        records[0].weaknesses = ["no-reconnect"]
        records[1].profile = "shop"
        let page = try TrendPage(records).html()
        #expect(page.contains("cache.down (weakness no-reconnect)") && page.contains("cache.down (profile shop)"))
    }

    @Test("An empty history makes a page that says so")
    func empty() throws {
        #expect(try TrendPage([]).html().contains("The history has no such run."))
    }

    @Test("What runs are called is shown, never obeyed", arguments: HostileText.all)
    func escaping(_ hostile: String) throws {
        var record = TrendPageTests.records(hostile, commits: 1)[0]
        record.commit = hostile
        record.branch = hostile
        record.figures = ["recovery(\(hostile))": 1, "recovery(b)": .infinity]
        let page = try TrendPage([record]).html()
        #expect(!page.contains("<img") && !page.contains("<script"))
        #expect(page.matches(of: /\son[a-z]+="/).isEmpty)
    }

    @Test("2000 runs make a page of less than 2 MB")
    func size() throws {
        let records = (1...40).flatMap { TrendPageTests.records("cache.s\($0)", commits: 10, perCommit: 5) }
        let page = try TrendPage(records).html()
        #expect(records.count == 2000 && page.utf8.count < 2_000_000, "\(page.utf8.count)")
    }
}
