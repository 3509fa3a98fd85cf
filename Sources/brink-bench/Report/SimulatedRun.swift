import Events
import Foundation
import Scenarios

/// The events of a run as the harness writes them: three targets and a load, ten samples a second with every metric that
/// there is, a window after each, one fault. Only their number and size are real.
struct SimulatedRun {
    let id: String
    /// Length in seconds, setup and teardown included.
    let length: Double

    /// What is known at a run's end only.
    private static let atTheEnd = [
        "ledger.", "integrity.", "listAppend.", "bank.", "bypass.", "outages.", "alerts.",
    ]

    private static let names =
        MetricNames.global.filter { name in
            !atTheEnd.contains { name.hasPrefix($0) }
        }
        // What the harness takes is among the metrics of every run already.
        + ["app", "db", "pool", "cache"].flatMap { target in
            MetricNames.perTarget.filter { $0.hasPrefix("cpu") || $0.hasPrefix("memory") || $0.hasPrefix("io") }
                .map { "\(target).\($0)" }
        }

    static var metrics: Int { names.count }

    /// The content of `events.jsonl`.
    func lines() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var samples = SampleLine()
        var data = Data()
        func put(_ time: Double, _ kind: RunEvent.Kind) throws {
            data += try encoder.encode(RunEvent(time, kind))
            data.append(UInt8(ascii: "\n"))
        }
        let begun = 0.2 * length
        let fault = (start: 0.4 * length, end: 0.6 * length, recovery: 0.05 * length)
        try put(0, .started(start))
        try put(0.1, .phase(PhaseChange(.baseline)))
        for tick in 1..<Int(length * 10) {
            let time = Double(tick) / 10
            if time == begun.rounded() { try put(time, .phase(PhaseChange(.run))) }
            let isHit = time > fault.start && time < fault.end + fault.recovery
            // As ragged as measurements are, and the same every time.
            let noise = (sin(Double(tick) * 12.9898) * 43758.5453).truncatingRemainder(dividingBy: 1).magnitude
            let values = SimulatedRun.names.enumerated().map { index, name in
                (name, (isHit ? 3 : 1) * (1 + noise) * Double(1 + index % 7) / 10)
            }
            data += samples.bytes(of: Sample(values: Dictionary(uniqueKeysWithValues: values)), at: time)
            try put(
                time,
                .window(
                    WindowVerdict(
                        start: time - 3, end: time, holds: !isHit, values: ["latency.p99": noise],
                        failing: isHit ? ["p99"] : [])))
            if tick == Int(fault.start * 10) { try change(.injected, put, time) }
            if tick == Int(fault.end * 10) { try change(.ended, put, time) }
            if tick == Int((fault.end + fault.recovery) * 10) { try change(.recovered, put, time, fault.recovery) }
        }
        try put(
            length,
            .ended(
                RunEnd(
                    verdict: .pass, reason: "all 1 expectations hold", exitCode: 0, hostRestored: true, residues: [],
                    changes: 2)))
        return data
    }

    private func change(
        _ state: FaultChange.State, _ put: (Double, RunEvent.Kind) throws -> Void, _ time: Double,
        _ recovery: Double? = nil
    ) throws {
        try put(time, .fault(FaultChange(id: "kill", state: state, detail: "seen", recoverySeconds: recovery)))
        if state == .injected {
            try put(time, .fault(FaultChange(id: "kill", state: .verified, detail: "the postmaster has ended")))
        }
    }

    private var start: RunStart {
        RunStart(
            format: 1, run: id, scenario: id, why: "", seed: 1, startedAt: "2026-11-30T07:00:00Z",
            brinkVersion: "bench",
            environment: [:], phases: [:],
            faults: [.init(id: "kill", name: "postgres.kill", target: "db", schedule: "at 5s")],
            checks: ["p99": "latency.p99 < 500ms"], expectations: ["recovery": "recovery(kill) < 5s"])
    }
}
