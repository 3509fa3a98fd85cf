import Events
import Foundation
import LinuxSystem

/// A run of twenty seconds as a file of events: well for ten seconds, and nothing but errors for as long again.
enum WatchedRun {
    /// - Returns: the run's folder.
    static func write(in brink: BrinkProgram) throws -> String {
        let start = RunStart(
            format: 1, run: "r1", scenario: "shop", why: "", seed: 1, startedAt: "2026-11-30T07:00:00Z",
            brinkVersion: "0.1.0", environment: [:], phases: [:],
            faults: [.init(id: "kill", name: "postgres.kill", target: "db", schedule: "at 10s")], checks: [:],
            expectations: ["answers": "errors.rate < 5%"])
        var events = [RunEvent(0, .started(start)), RunEvent(0.1, .phase(PhaseChange(.baseline)))]
        for tick in 1..<100 {
            let time = Double(tick) / 5
            if tick == 50 { events.append(RunEvent(time, .fault(FaultChange(id: "kill", state: .injected)))) }
            if tick == 80 { events.append(RunEvent(time, .fault(FaultChange(id: "kill", state: .ended)))) }
            let values: [String: Double] = ["errors.rate": time < 10 ? 0 : 1, "throughput": 20]
            events.append(RunEvent(time, .sample(Sample(values: values))))
        }
        events.append(
            RunEvent(19.9, .fault(FaultChange(id: "kill", state: .recovered, recoverySeconds: 3.5))))
        events.append(
            RunEvent(
                20,
                .expectation(
                    ExpectationResult(
                        id: "answers", that: "errors.rate < 5%", verdict: .fail, values: [:], detail: ""))))
        events.append(
            RunEvent(
                20,
                .ended(
                    RunEnd(
                        verdict: .fail, reason: "expectation failed: answers", exitCode: 1, hostRestored: true,
                        residues: [], changes: 0))))
        let encoder = JSONEncoder()
        let lines = try events.map { String(decoding: try encoder.encode($0), as: UTF8.self) + "\n" }
        return SystemFile.parent(of: try brink.write("run/events.jsonl", lines.joined()))
    }

    /// Waits for the address that `brink watch --web` prints.
    static func address(of brink: BrinkProgram) async throws -> String? {
        let end = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < end {
            let words = try brink.written.errors.split(whereSeparator: \.isWhitespace)
            if let url = words.first(where: { $0.hasPrefix("http://") }) { return String(url) }
            try await Task.sleep(for: .milliseconds(50))
        }
        return nil
    }
}
