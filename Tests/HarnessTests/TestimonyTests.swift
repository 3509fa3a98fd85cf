import Engine
import Events
import Faults
import LinuxSystem
import Measurement
import Scenarios
import Testing
import Workload

@testable import Harness

/// What is judged without anybody having asked for it.
@Suite struct TestimonyTests {
    private func results(
        lost: Int?, phantom: Int = 0, _ expectation: String? = nil
    ) throws -> [ExpectationResult] {
        let expect = expectation.map { "expect: [{id: mine, that: \"\($0)\"}]" } ?? ""
        let scenario = try ScenarioReader.read(
            "apiVersion: brink/v1\nid: s\nfaults: []\n\(expect)", file: "s.yaml", faults: FaultRegistry.schemas)
        let ledger = lost.map {
            LedgerCount(
                sent: 9, acked: 9, failed: 0, unknown: 0, stored: 9 - $0, lost: $0, phantom: phantom, unknownStored: 0,
                lostKeys: [])
        }
        let measurements = RunMeasurements(
            sampler: Sampler(probes: [], start: .zero), recorder: LoadRecorder(), start: .zero, steadyState: nil)
        let values = OperandValues(
            measurements: measurements, faults: [:], phases: [], ledger: ledger, findings: [], bypass: nil, outages: [],
            detection: nil, end: 1, hasSteadyState: false)
        return Testimony(findings: [], bypass: nil, trouble: nil, values: values).results(for: scenario.expectations)
    }

    @Test func aLostWriteFailsThoughNoExpectationSpeaksOfIt() throws {
        #expect(try results(lost: 0).map(\.verdict) == [.pass, .pass])
        #expect(try results(lost: 1).map(\.verdict) == [.fail, .pass])
        #expect(try results(lost: 1, "ledger.acked > 3").map(\.verdict) == [.pass, .fail, .pass])
        #expect(try results(lost: 1, "ledger.lost > 0").map(\.id) == ["mine", "ledger.phantom"])
        #expect(try results(lost: nil).isEmpty)
    }

    @Test func aWriteThatFailedAndIsStoredDoesSoToo() throws {
        let found = try results(lost: 0, phantom: 1)
        #expect(found.map(\.id) == ["ledger", "ledger.phantom"])
        #expect(found.map(\.verdict) == [.pass, .fail])
        #expect(try results(lost: 0, phantom: 1, "ledger.phantom < 5").map(\.id) == ["mine", "ledger"])
    }

    @Test func theHighestSampleOfAPhaseIsAskedFor() throws {
        let unknown = try results(lost: nil, "peak(run, pool.waiting) <= 50")
        #expect(unknown.map(\.verdict) == [.inconclusive])
    }
}
