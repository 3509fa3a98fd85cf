import Events
import Foundation
import Testing

@testable import Reports

@Suite("The result of a run")
struct RunResultTests {
    private let result = RunResult(events: SyntheticRun().events)

    @Test("Phases follow each other without gaps")
    func phases() {
        #expect(result.phases.map(\.phase) == [.setup, .baseline, .run, .recovery, .teardown])
        for (earlier, later) in zip(result.phases, result.phases.dropFirst()) { #expect(earlier.end == later.start) }
        #expect(result.phases.last?.end == result.duration)
    }

    @Test("A fault keeps its whole course, also when it was seen only after its end")
    func faults() throws {
        let kill = try #require(result.faults.first { $0.id == "kill" })
        #expect(kill.state == .recovered)
        #expect(kill.verified)
        #expect(kill.evidence == "the postmaster has ended")
        #expect(kill.recoverySeconds == 8.1)
        let verified = try #require(kill.verifiedAt)
        let ended = try #require(kill.endedAt)
        #expect(verified > ended)
        #expect(try #require(kill.recoveredAt) == ended + 8.1)
        #expect(result.faults.map(\.id) == ["squeeze", "lag", "kill", "starve"])
    }

    @Test(
        "Each last word on a fault gives its state",
        arguments: [
            (FaultChange.State.due, FaultResult.State.due), (.injected, .injected), (.ended, .ended),
            (.recovered, .recovered), (.failed, .failed), (.neverDue, .neverDue),
        ])
    func states(_ last: FaultChange.State, _ expected: FaultResult.State) {
        let result = RunResult(events: [RunEvent(1, .fault(.init(id: "x", state: last, detail: "why")))])
        #expect(result.faults.map(\.state) == [expected])
        #expect(!result.faults[0].verified)
    }

    @Test("A fault that could not be taken back stays failed")
    func failedUndo() {
        let states: [FaultChange.State] = [.injected, .verified, .failed, .ended, .recovered]
        let events = states.enumerated().map { index, state in
            RunEvent(Double(index), .fault(.init(id: "x", state: state, detail: state == .failed ? "busy" : "")))
        }
        let fault = RunResult(events: events).faults[0]
        #expect(fault.state == .failed)
        #expect(fault.trouble == "busy")
    }

    @Test("Writes are kept exactly, made and undone")
    func writes() {
        #expect(result.writes.count == 8)
        #expect(result.writes.count { $0.action == .undone } == 4)
        #expect(result.writes[0].prior == "max\n")
    }

    @Test("Windows count for the phase they end in")
    func steadyState() throws {
        let shares = result.steadyState.phases
        #expect(shares.map(\.phase) == [.baseline, .run, .recovery])
        #expect(shares[0].share == 1)
        let run = shares[1]
        #expect(run.held < run.windows)
        #expect(run.failing["p99"] == run.windows - run.held)
        #expect(abs(run.share - Double(run.held) / Double(run.windows)) < 1e-12)
    }

    @Test("Load is summed up by phase, leaving out what is no number")
    func load() throws {
        var events = [RunEvent(0, .phase(.init(.run)))]
        for (index, value) in [0.1, 0.4, .nan, 0.2, .infinity].enumerated() {
            events.append(RunEvent(Double(index), .sample(.init(values: ["latency.p99": value]))))
        }
        let load = try #require(RunResult(events: events).load.first)
        let spread = try #require(load.metrics["latency.p99"])
        #expect(load.samples == 3)
        #expect(spread.lowest == 0.1 && spread.median == 0.2 && spread.highest == 0.4)
        #expect(load.metrics["errors.rate"] == nil)
        #expect(load.whole == nil)
    }

    @Test("A phase has the figures of all its requests beside those of its samples")
    func wholePhases() throws {
        let run = try #require(result.load.first { $0.phase == .run })
        #expect(run.whole?.requests == 1102)
        #expect(run.whole?.latency["p99"] == 2.4)
        #expect(run.whole?.errors == ["sql.57P01": 14, "refused": 57, "timeout": 44])
    }

    @Test("Without an end the run is interrupted and what was not judged is named")
    func interruption() {
        let result = RunResult(events: SyntheticRun(hasEnd: false).events)
        #expect(result.interrupted)
        #expect(result.verdict == nil && result.exitCode == nil && result.host.restored == nil)
        #expect(result.expectations.map(\.id) == ["felt", "integrity", "recovery", "waits"])
        #expect(result.expectations.allSatisfy { $0.verdict == nil })
    }

    @Test("No events at all are an interrupted run")
    func empty() {
        #expect(RunResult(events: []).interrupted)
    }

    @Test("What is written is what is read")
    func roundTrip() throws {
        let data = try ReportWriter.json(result)
        #expect(try JSONDecoder().decode(RunResult.self, from: data) == result)
        let later = String(decoding: data, as: UTF8.self)
            .replacing("\"schemaVersion\" : \"\(RunResult.schemaVersion)\"", with: "\"schemaVersion\" : \"2.0\"")
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(RunResult.self, from: Data(later.utf8)) }
    }
}
