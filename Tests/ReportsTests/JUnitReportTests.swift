import Events
import Foundation
import Testing

@testable import Reports

@Suite("The JUnit report")
struct JUnitReportTests {
    /// What a parser of others finds in a report.
    private struct Parsed: Decodable {
        let tests: Int
        let failures: Int
        let errors: Int
        let skipped: Int
        let cases: [String: String]
        let suite: String
    }

    private static let script = """
        import json, sys, xml.etree.ElementTree as tree
        suite = tree.parse(sys.argv[1]).getroot().find("testsuite")
        kinds = ["failure", "error", "skipped"]
        cases = {c.get("name"): next((k for k in kinds if c.find(k) is not None), "passed") for c in suite.iter("testcase")}
        print(json.dumps({**{k: int(suite.get(k)) for k in ["tests", "failures", "errors", "skipped"]},
            "cases": cases, "suite": suite.get("name")}))
        """

    private func parse(_ events: [RunEvent]) throws -> Parsed {
        let python = try #require(ExternalProgram("python3"), "python3 is missing: apt-get install python3")
        let folder = try TemporaryFolder()
        let file = folder.file("junit.xml")
        try Data(JUnitReport(RunResult(events: events)).text.utf8).write(to: URL(fileURLWithPath: file))
        let (status, output) = try python.run(["-c", JUnitReportTests.script, file])
        try #require(status == 0, "\(output)")
        let parsed = try JSONDecoder().decode(Parsed.self, from: Data(output.utf8))
        #expect(parsed.tests == parsed.cases.count)
        for (kind, count) in [
            ("failure", parsed.failures), ("error", parsed.errors), ("skipped", parsed.skipped),
        ] {
            #expect(parsed.cases.values.count { $0 == kind } == count)
        }
        return parsed
    }

    private func end(_ verdict: Verdict, restored: Bool = true) -> [RunEvent] {
        let end = RunEnd(
            verdict: verdict, reason: "because", exitCode: 1, hostRestored: restored,
            residues: restored ? [] : ["/sys/fs/cgroup/x/memory.high"], changes: 1)
        return [SyntheticRun().events[0], RunEvent(2, .ended(end))]
    }

    @Test("Expectations are test cases")
    func cases() throws {
        let parsed = try parse(SyntheticRun().events)
        #expect(parsed.suite == "cascade.pool-and-database")
        #expect(
            parsed.cases == ["recovery": "failure", "integrity": "passed", "felt": "passed", "waits": "skipped"])
    }

    @Test("An interrupted run is an error")
    func interrupted() throws {
        let parsed = try parse(SyntheticRun(hasEnd: false).events)
        #expect(parsed.cases["run"] == "error")
        #expect(parsed.cases["recovery"] == "skipped")
    }

    @Test(
        "A verdict that no expectation explains has its own case",
        arguments: [
            (Verdict.error, "run", "error"), (.aborted, "run", "error"), (.fail, "steady-state", "failure"),
            (.inconclusive, "run", "skipped"),
        ])
    func ownCase(_ verdict: Verdict, _ name: String, _ outcome: String) throws {
        #expect(try parse(end(verdict)).cases[name] == outcome)
    }

    @Test("A host that is not restored is an error, whatever else passed")
    func hostNotRestored() throws {
        #expect(try parse(end(.pass, restored: false)).cases["host-restored"] == "error")
    }

    @Test("It is XML whatever the names are", arguments: HostileText.all)
    func escaping(_ hostile: String) throws {
        let parsed = try parse(HostileText.events(hostile))
        #expect(parsed.failures == 1)
        #expect(parsed.cases["host-restored"] == "error")
    }
}
