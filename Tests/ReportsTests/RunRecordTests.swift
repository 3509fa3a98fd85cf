import Events
import Foundation
import Testing

@testable import Reports

@Suite("A run as the history keeps it")
struct RunRecordTests {
    private var record: RunRecord {
        let events = SyntheticRun(length: 30).events
        var record = RunRecord(
            SyntheticRun().start, about: RunOrigin(domain: nil, category: "stable", tags: []), folder: "/f")
        record.end(RunResult(events: events))
        return record
    }

    @Test("It has the figures by the names that conditions use")
    func figures() throws {
        let figures = record.figures
        #expect(figures["recovery(kill)"] == 2.7)
        #expect(figures["phase(run, latency.p99)"] == 2.4, "of all requests, not of the usual second")
        #expect(abs(try #require(figures["phase(run, errors.rate)"]) - 115.0 / 1102) < 1e-9)
        #expect(figures["during(kill, errors.rate)"] == 0.53 && figures["ledger.lost"] == 0)
        #expect(figures["phase(baseline, latency.p99)"] != nil)
        #expect(record.verdict == .fail && record.exitCode == 1 && record.hostRestored == true)
    }

    @Test("How often operations are tried is one of them")
    func attempts() {
        let events = SyntheticRun(length: 30).events.map { event in
            guard case .sample(var sample) = event.kind else { return event }
            sample.values["service.attempts.perRequest"] = 1.5
            return RunEvent(event.time, .sample(sample))
        }
        #expect(RunFigures(RunResult(events: events)).values["phase(run, service.attempts.perRequest)"] == 1.5)
    }

    @Test("Machines alike have one fingerprint, whatever their load")
    func fingerprint() {
        func text(_ change: [String: String], brink: String = "1") -> String {
            let environment = ["kernel": "6.12", "cpus": "2", "cpuModel": "x", "postgresql": "15", "loadAverage": "1"]
            return EnvironmentFingerprint(environment.merging(change) { $1 }, brinkVersion: brink).text
        }
        #expect(text([:]) == text(["loadAverage": "9"]) && text([:]).count == 16)
        let others = [
            text(["kernel": "6.13"]), text(["cpus": "4"]), text(["cpuModel": "y"]), text(["postgresql": "16"]),
        ]
        #expect(Set(others + [text([:]), text([:], brink: "2")]).count == 6)
    }

    @Test("A line tells it all, on columns")
    func table() {
        let lines = HistoryTable([record]).lines
        #expect(lines.count == 2)
        #expect(lines[1].hasPrefix("2025-06-14T10:15:00Z  fail     cascade.pool-and-database  –"), "\(lines)")
        #expect(lines[1].contains("2.7 s") && lines[1].contains("2.4 s") && lines[1].contains("10.4 %"))
        #expect(HistoryTable([]).lines.isEmpty)
    }
}
