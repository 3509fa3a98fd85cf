import Events
import Foundation
import Testing

@testable import Reports

@Suite("The page of a suite")
struct SuitePageTests {
    /// A suite in a folder, with the reports of its runs.
    private struct Made {
        let folder: TemporaryFolder
        let path: String
        let result: SuiteResult

        /// - Parameter runs: scenarios with the verdicts of their attempts.
        init(_ runs: [(id: String, domain: String, verdicts: [Verdict])], hostile: String = "because") throws {
            folder = try TemporaryFolder()
            path = folder.file("suite")
            var cases: [SuiteCase] = []
            let events = SyntheticRun(length: 20).events
            for run in runs {
                var attempts: [SuiteCase.Attempt] = []
                for (index, verdict) in run.verdicts.enumerated() {
                    let place = "\(path)/\(run.id)/run-\(index + 1)"
                    try ReportWriter().write(events, to: place)
                    attempts.append(
                        SuiteCase.Attempt(
                            verdict: verdict, reason: hostile, exitCode: 0, seconds: 21, folder: place,
                            result: RunResult(events: events)))
                }
                cases.append(
                    SuiteCase(
                        id: run.id, domain: run.domain, category: "stable", tags: [], faults: ["memory.high"],
                        attempts: attempts))
            }
            result = SuiteResult(
                startedAt: "2026-11-30T07:00:00Z", brinkVersion: "1", lanes: 2, seconds: 61.5, interrupted: false,
                hostRestored: true, weaknesses: [], notApplicable: ["x.other": "it has no writes"], scenarios: cases)
            try SuiteWriter().write(result, to: path)
        }

        func page(at path: String? = nil) throws -> String {
            String(
                decoding: try Data(contentsOf: URL(fileURLWithPath: "\(path ?? self.path)/report.html")), as: UTF8.self)
        }
    }

    /// A suite with something of everything, some of it with a history, and its page in a folder.
    static func varied(in path: String) throws {
        let events = SyntheticRun(length: 40).events
        let result = RunResult(events: events)
        let kinds: [[Verdict]] = [
            [.pass], [.pass], [.fail], [.fail, .pass], [.pass], [.inconclusive], [.pass], [.error], [.pass], [],
        ]
        var cases: [SuiteCase] = []
        for (index, domain) in ["cache", "cascades", "database", "identity", "network", "pool"].enumerated() {
            for (number, verdicts) in kinds.enumerated() {
                let id = "\(domain).some-fault.variant-\(number + 1)"
                var attempts: [SuiteCase.Attempt] = []
                for (attempt, verdict) in verdicts.enumerated() {
                    let folder = "\(path)/\(id)/run-\(attempt + 1)"
                    try ReportWriter().write(events, to: folder)
                    attempts.append(
                        SuiteCase.Attempt(
                            verdict: verdict, reason: "the steady state did not hold before anything was injected",
                            exitCode: 0, seconds: 40 + Double(number), folder: folder, result: result))
                    attempts[attempt].slowestRecovery = Double(index * 3 + number) / 2 + 0.3
                    if verdict == .pass { attempts[attempt].failures = [] }
                }
                var scenario = SuiteCase(
                    id: id, domain: domain, category: number == 3 ? "flaky" : "stable", tags: [],
                    faults: ["memory.high", "postgres.kill", "toxic.latency"], attempts: attempts,
                    quarantined: number == 7 ? true : nil)
                scenario.history = ObservedFlakiness(
                    scenario: id, declared: .stable, runs: 30, failures: number == 2 ? 5 + index : number == 3 ? 2 : 0)
                cases.append(scenario)
            }
        }
        let suite = SuiteResult(
            startedAt: "2026-11-30T07:00:00Z", brinkVersion: "0.1.0", lanes: 2, seconds: 1861.5, interrupted: false,
            hostRestored: true, weaknesses: [], profile: "shop.yaml",
            notApplicable: ["identity.door.forged": "its service has no issuer"], scenarios: cases)
        try SuiteWriter().write(suite, to: path)
    }

    private static let mixed: [(id: String, domain: String, verdicts: [Verdict])] = [
        ("a.fails", "cache", [.fail]), ("b.passes", "network", [.pass]), ("c.flaky", "cache", [.fail, .pass]),
        ("d.never", "network", []),
    ]

    /// The links of a page to other files, as paths below its folder.
    private func links(_ page: String) -> [String] {
        page.matches(of: /href="\.\/([^"]+)"/).map { String($0.1).removingPercentEncoding ?? "" }
    }

    @Test("It tells of domains, troubles, flaky ones and recoveries, and links to every run")
    func contents() throws {
        let made = try Made(Self.mixed)
        let page = try made.page()
        for text in [
            "2 of 4 scenarios passed", "a.fails", "attempt 1 of c.flaky: fail", "attempt 2 of c.flaky: pass",
            "Slowest recoveries", "kill from ", "1.8 s", "not run", "x.other", "it has no writes",
            "brink suite run FILE --seed 20240601", "baseline 1.8 s, run 8.2 s",
        ] {
            #expect(page.contains(text), "\(text) is missing")
        }
        let links = links(page)
        #expect(Set(links).count == 4, "one for each run: \(Set(links))")
        for link in links { #expect(FileManager.default.fileExists(atPath: "\(made.path)/\(link)"), "\(link)") }
        #expect(!page.contains("<script") && !page.contains("http://") && !page.contains("https://"))
        let ids = page.matches(of: /\sid="([^"]+)"/).map { String($0.1) }
        #expect(Set(ids).count == ids.count)
        for reference in page.matches(of: /aria-labelledby="([^"]+)"/) {
            for id in reference.1.split(separator: " ") { #expect(ids.contains(String(id)), "\(id)") }
        }
        for place in page.matches(of: /href="#([^"]+)"/) { #expect(ids.contains(String(place.1)), "\(place.1)") }
    }

    @Test("A suite that was moved is made anew from its files, with links that lead somewhere")
    func moved() throws {
        let made = try Made(Self.mixed)
        let before = try made.page()
        let other = made.folder.file("moved")
        try FileManager.default.moveItem(atPath: made.path, toPath: other)
        try SuiteWriter().write(SuiteWriter.suite(in: other), to: other)
        let page = try made.page(at: other)
        #expect(links(page) == links(before) && !links(page).isEmpty)
        #expect(page == before)
    }

    @Test("Without the runs' folders it still tells the verdicts")
    func withoutRuns() throws {
        let made = try Made(Self.mixed)
        for name in ["a.fails", "b.passes", "c.flaky"] {
            try FileManager.default.removeItem(atPath: "\(made.path)/\(name)")
        }
        try SuiteWriter().write(SuiteWriter.suite(in: made.path), to: made.path)
        let page = try made.page()
        #expect(links(page).isEmpty && page.contains("2 of 4 scenarios passed"))
    }

    @Test("What runs say is shown, never obeyed", arguments: HostileText.all)
    func escaping(_ hostile: String) throws {
        let page = try Made([("a", "cache", [.fail])], hostile: hostile).page()
        #expect(!page.contains("<img") && !page.contains("<script"))
        #expect(!page.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" && $0 != "\t" })
        #expect(page.matches(of: /\son[a-z]+="/).isEmpty)
    }

    @Test(
        "A path becomes a link that is nothing but a path",
        arguments: [
            ("javascript:alert(1)/r", "./javascript%3Aalert%281%29/r"), ("a b/c#d?e", "./a%20b/c%23d%3Fe"),
            ("ä/\"><", "./%C3%A4/%22%3E%3C"),
        ])
    func links(_ path: String, _ link: String) {
        #expect(SuiteFolder.link(path) == link)
    }

    @Test("A quarantined scenario is reported and decides nothing")
    func quarantine() throws {
        var result = try Made(Self.mixed).result
        for index in result.scenarios.indices where result.scenarios[index].verdict != .pass {
            result.scenarios[index].quarantined = true
        }
        #expect(result.deciding.map(\.id) == ["b.passes", "c.flaky"])
        let page = try SuitePage(result, in: "/nowhere").html()
        #expect(page.contains("<p class=\"badge pass\">") && page.contains("fail, quarantined"))
        let junit = SuiteJUnit(result).text
        #expect(junit.contains("failures=\"0\"") && junit.contains("skipped message=\"quarantined: fail: because\""))
        #expect(SuiteSummary(result).text.hasPrefix("## ✓ 2 of 4"))
    }

    @Test("A scenario with a rule passes when enough attempts did")
    func rule() throws {
        func verdict(_ needed: Int?, _ verdicts: [Verdict]) throws -> Verdict? {
            var scenario = SuiteCase(id: "a", domain: nil, category: "stable", tags: [], faults: [], attempts: [])
            scenario.needed = needed
            scenario.attempts = verdicts.map {
                SuiteCase.Attempt(verdict: $0, reason: "", exitCode: 0, seconds: 1, folder: nil, result: nil)
            }
            return scenario.verdict
        }
        #expect(try verdict(2, [.pass, .fail, .pass]) == .pass)
        #expect(try verdict(2, [.pass, .fail, .fail]) == .fail)
        #expect(try verdict(2, [.pass]) == nil)
        #expect(try verdict(nil, [.fail, .pass]) == .pass)
        #expect(try verdict(3, [.pass, .error, .pass]) == .error)
    }

    @Test("150 scenarios make a page of less than 1 MB")
    func size() throws {
        let runs = (1...150).map { (id: "cache.some.scenario-\($0)", domain: "cache", verdicts: [Verdict.pass]) }
        let folder = try TemporaryFolder()
        let events = SyntheticRun(length: 10).events
        let result = RunResult(events: events)
        // One run's files for all of them: what counts is that every row has a link and a course.
        try ReportWriter().write(events, to: folder.file("id/run"))
        let suite = SuiteResult(
            startedAt: "2026-11-30T07:00:00Z", brinkVersion: "1", lanes: 2, seconds: 3600, interrupted: false,
            hostRestored: true, weaknesses: [],
            scenarios: runs.map { run in
                SuiteCase(
                    id: run.id, domain: run.domain, category: "stable", tags: [], faults: ["memory.high"],
                    attempts: [
                        .init(
                            verdict: .pass, reason: "", exitCode: 0, seconds: 24, folder: folder.file("id/run"),
                            result: result)
                    ])
            })
        let page = try SuitePage(suite, in: folder.path).html()
        #expect(page.matches(of: /<td role="cell" class="course"><svg/).count == 150)
        #expect(page.utf8.count < 1_000_000, "\(page.utf8.count)")
    }
}
