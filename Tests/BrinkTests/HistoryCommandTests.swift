import Events
import Foundation
import History
import LinuxSystem
import Reports
import Testing

/// What the command line makes of runs that are over: their history, their flakiness, comparisons and exports.
@Suite struct HistoryCommandTests {
    private func record(
        _ number: Int, _ scenario: String, _ verdict: Verdict, recovery: Double = 2.5, attempt: Int = 1
    ) -> RunRecord {
        let start = RunStart(
            format: 1, run: "run-\(number)", scenario: scenario, why: "", seed: 1,
            startedAt: "2026-10-\(10 + number)T07:00:00Z", brinkVersion: "0.1.0", environment: [:], phases: [:],
            faults: [], checks: [:], expectations: [:])
        var record = RunRecord(
            start,
            about: RunOrigin(
                domain: "cache", category: "stable", tags: [], attempt: attempt, commit: "c0ffee00\(number)"),
            folder: "/out/run-\(number)")
        record.verdict = verdict
        record.figures = ["recovery(kill)": recovery, "phase(run, latency.p99)": 0.12]
        return record
    }

    /// A program with a history of its own: one steady scenario, one that fails every third time.
    private func brink() throws -> BrinkProgram {
        let brink = try BrinkProgram()
        let store = try HistoryStore(path: "\(brink.folder)/history.sqlite")
        for number in 1...18 {
            let isFailure = number.isMultiple(of: 3)
            let name = number > 15 ? "cache.sound" : "cache.shaky"
            try store.end(record(number, name, isFailure && number <= 15 ? .fail : .pass))
        }
        return brink
    }

    private let own = ["--history", "history.sqlite"]

    @Test func theHistoryIsListedNewestFirst() throws {
        let brink = try brink()
        let result = try brink.run(["history", "--limit", "3"] + own)
        #expect(result.code == 0, "\(result.all)")
        let lines = result.output.split(separator: "\n")
        #expect(lines.count == 5 && lines.last == "3 runs", "\(result.output)")
        #expect(
            lines[1].hasPrefix("2026-10-28T07:00:00Z  pass") && lines[1].hasSuffix("2.5 s     120 ms  –       run-18"),
            "\(lines)")
        let json = try brink.run(
            ["history", "--scenario", "cache.shaky", "--since", "2026-10-24", "--format", "json"] + own)
        let rows = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]])
        #expect(rows.compactMap { $0["run"] as? String } == ["run-15", "run-14"])
        #expect((rows[0]["figures"] as? [String: Double])?["recovery(kill)"] == 2.5)
    }

    @Test func withoutAHistoryThereIsNothingToList() throws {
        let result = try BrinkProgram().run(["history", "--state-dir", "nowhere"])
        #expect(result.code == 0 && result.output == "0 runs\n")
        #expect(result.errors.contains("no history yet"))
    }

    @Test func flakyOnesComeFirstAndMayCloseAGate() throws {
        let brink = try brink()
        let result = try brink.run(["flake"] + own)
        #expect(result.code == 0, "\(result.all)")
        let lines = result.output.split(separator: "\n")
        #expect(
            lines[1].hasPrefix("cache.shaky  5 of 15 failed")
                && lines[1].hasSuffix("declared stable, observed very-flaky"))
        #expect(
            lines[2].hasPrefix("cache.sound  0 of 3 failed")
                && lines[2].hasSuffix("declared stable: 70 more runs would tell"))
        #expect(lines[3] == "2 scenarios with runs, 1 marked flaky")
        #expect(result.errors.contains("warning: cache.shaky is declared stable, observed very-flaky"))
        #expect(try brink.run(["flake", "--gate"] + own).code == 6)
        #expect(try brink.run(["flake", "--gate", "--scenario", "cache.sound"] + own).code == 0)
    }

    @Test func theTrendIsDrawn() throws {
        let brink = try brink()
        let result = try brink.run(["report", "--trend", "--to", "trend.html"] + own)
        #expect(result.code == 0 && result.output == "trend.html\n", "\(result.all)")
        let page = try SystemFile.readText("\(brink.folder)/trend.html")
        #expect(page.contains("Trend of 2 scenarios over 18 commits"))
        #expect(try SystemFile.mode(of: "\(brink.folder)/trend.html") & 0o777 == 0o600)
    }

    // MARK: Runs

    private func write(_ events: [RunEvent], _ name: String, to brink: BrinkProgram, cut: Int = 0) throws {
        let text =
            try events.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
            .joined(separator: "\n") + "\n"
        _ = try brink.write("\(name)/events.jsonl", String(text.dropLast(cut)))
    }

    private var failed: [RunEvent] {
        [
            RunEvent(
                0,
                .started(
                    RunStart(
                        format: 1, run: "r", scenario: "small", why: "", seed: 1, startedAt: "2026-11-30T07:00:00Z",
                        brinkVersion: "0.1.0", environment: [:], phases: [:], faults: [], checks: [:],
                        expectations: ["fast": "latency.p99 < 1s"]))),
            RunEvent(1, .phase(PhaseChange(.run))),
            RunEvent(
                2,
                .expectation(
                    ExpectationResult(
                        id: "fast", that: "latency.p99 < 1s", verdict: .fail, values: ["latency.p99": 2], detail: ""))),
            RunEvent(
                3,
                .ended(
                    RunEnd(
                        verdict: .fail, reason: "expectation failed: fast", exitCode: 1, hostRestored: true,
                        residues: [], changes: 0))),
        ]
    }

    @Test func aRunThatWasKilledIsReportedAsInterrupted() throws {
        let brink = try BrinkProgram()
        try write(failed, "run", to: brink, cut: 40)
        let result = try brink.run(["report", "run"])
        #expect(result.code == 0 && result.errors.contains("line 4 is incomplete"), "\(result.all)")
        #expect(
            try SystemFile.readText("\(brink.folder)/run/report.html").contains("<title>interrupted: small</title>"))
        let json =
            try JSONSerialization.jsonObject(
                with: Data(SystemFile.readText("\(brink.folder)/run/result.json").utf8)) as? [String: Any]
        #expect(json?["interrupted"] as? Bool == true && json?["verdict"] == nil)
    }

    @Test func twoRunsAreCompared() throws {
        let brink = try BrinkProgram()
        try write(failed, "a", to: brink)
        try write(failed, "b", to: brink, cut: 40)
        let result = try brink.run(["report", "--compare", "a", "b"])
        #expect(result.code == 0 && result.output == "b/compare.html\n", "\(result.all)")
        #expect(try SystemFile.readText("\(brink.folder)/b/compare.html").contains("B was interrupted"))
    }

    @Test func exportsLieBesideTheReportsAndAnnotationsAreSaid() throws {
        let brink = try BrinkProgram()
        try write(failed, "run", to: brink)
        let result = try brink.run(["report", "run", "--export", "otlp", "--export", "openmetrics"])
        #expect(
            result.output
                == "run/report.html\nrun/otlp-traces.json\nrun/otlp-metrics.json\nrun/openmetrics.txt\n",
            "\(result.all)")
        let said = try brink.run(["report", "run", "--export", "annotations"])
        #expect(said.output == "::error title=small%3A fast does not hold::latency.p99 < 1s%0Alatency.p99 = 2 s\n")
    }

    @Test func aSuiteThatWasKilledIsReportedAsInterrupted() throws {
        let brink = try BrinkProgram()
        try write(failed, "suite/small/r", to: brink)
        #expect(try brink.run(["report", "suite/small/r"]).code == 0)
        var suite = SuiteResult(
            startedAt: "2026-11-30T07:00:00Z", brinkVersion: "0.1.0", lanes: 2, seconds: 3, interrupted: true,
            hostRestored: nil, weaknesses: [],
            scenarios: [
                SuiteCase(
                    id: "small", domain: "cache", category: "stable", tags: [], faults: [],
                    attempts: [
                        SuiteCase.Attempt(
                            verdict: .fail, reason: "expectation failed", exitCode: 1, seconds: 3,
                            folder: "/elsewhere/small/r", result: nil)
                    ]),
                SuiteCase(id: "other", domain: "cache", category: "stable", tags: [], faults: [], attempts: []),
            ])
        try SuiteWriter().keep(suite, in: "\(brink.folder)/suite")
        let result = try brink.run(["report", "suite"])
        #expect(result.code == 0 && result.output == "suite/report.html\n", "\(result.all)")
        let page = try SystemFile.readText("\(brink.folder)/suite/report.html")
        #expect(page.contains("<title>interrupted: 0 of 2 scenarios passed</title>"))
        #expect(page.contains("The suite has no end") && page.contains("href=\"./small/r/report.html\""))
        suite.hostRestored = true
        try SuiteWriter().keep(suite, in: "\(brink.folder)/suite")
        let said = try brink.run(["report", "suite", "--export", "annotations"])
        #expect(said.output == "::error title=small%3A fail::expectation failed\n", "\(said.all)")
        #expect(try brink.run(["report", "suite", "--export", "otlp"]).code == 64)
    }
}
