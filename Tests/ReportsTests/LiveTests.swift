import Events
import Foundation
import Reports
import Testing

/// A run as it is watched.
struct LiveTests {
    private var events: [RunEvent] {
        let start = RunStart(
            format: 1, run: "r1", scenario: "shop", why: "", seed: 1, startedAt: "", brinkVersion: "", environment: [:],
            phases: [:],
            faults: [
                .init(id: "kill", name: "postgres.kill", target: "db", schedule: "at 2s"),
                .init(id: "later", name: "cpu.max", target: "app", schedule: "at 9s"),
            ], checks: [:], expectations: [:])
        var events = [RunEvent(0, .started(start)), RunEvent(0.5, .phase(PhaseChange(.baseline)))]
        for tick in 5..<100 {
            let time = Double(tick) / 10
            let isDown = (20..<40).contains(tick)
            events.append(
                RunEvent(
                    time, .sample(Sample(values: ["throughput": isDown ? 0 : 20, "errors.rate": isDown ? 1 : 0]))))
        }
        events.append(RunEvent(2, .fault(FaultChange(id: "kill", state: .injected))))
        events.append(RunEvent(2.1, .fault(FaultChange(id: "kill", state: .verified, detail: "the postmaster ended"))))
        events.append(
            RunEvent(2.5, .window(WindowVerdict(start: 1.5, end: 2.5, holds: false, values: [:], failing: ["errors"]))))
        events.append(RunEvent(2.6, .alert(AlertChange(rule: "errors", state: .firing, value: 1, detail: ""))))
        events.append(RunEvent(4, .fault(FaultChange(id: "kill", state: .ended))))
        events.append(RunEvent(6, .fault(FaultChange(id: "kill", state: .recovered, recoverySeconds: 1.5))))
        return events.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
    }

    private func state(until time: Double) -> WatchState {
        var state = WatchState()
        for event in events where event.time <= time { state.take(event) }
        return state
    }

    @Test func aRunIsFolded() {
        let middle = state(until: 3)
        #expect(middle.scenario == "shop" && middle.run == "r1" && middle.phase == .baseline)
        #expect(middle.active.map(\.id) == ["kill"])
        #expect(middle.firing == ["errors"])
        #expect(middle.outlook == "not steady: errors")
        #expect(middle.curve("throughput")?.latest == 0)
        let end = state(until: 10)
        #expect(end.active.isEmpty)
        #expect(end.faults.first?.recovery == 1.5)
        // A name that comes late has holes where it was not there.
        var late = end
        late.take(RunEvent(11, .sample(Sample(values: ["pool.waiting": 3]))))
        #expect(late.curve("pool.waiting")?.values.count == late.curve("throughput")?.values.count)
        #expect(late.curve("throughput")?.latest == nil)
    }

    @Test func aPrometheusIsToldOfTheMoment() throws {
        let text = LiveMetrics(state(until: 3)).text
        let labels = "run=\"r1\",scenario=\"shop\""
        for line in [
            "brink_sample_errors_rate{\(labels)} 1\n", "brink_live_phase{\(labels),phase=\"baseline\"} 1\n",
            "brink_live_fault_active{\(labels),fault=\"kill\",kind=\"postgres.kill\"} 1\n",
            "brink_live_fault_active{\(labels),fault=\"later\",kind=\"cpu.max\"} 0\n",
        ] { #expect(text.contains(line), "\(line)") }
        let folder = try TemporaryFolder()
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder.file("text")))
        let promtool = try #require(ExternalProgram("promtool"), "apt-get install prometheus")
        let answer = try promtool.run(["check", "metrics"], input: folder.file("text"))
        #expect(answer.status == 0 && answer.output.isEmpty, "\(answer.output)")
        // A fault that was taken back, and a run that is over.
        #expect(LiveMetrics(state(until: 5)).text.contains("fault=\"kill\",kind=\"postgres.kill\"} 0\n"))
        #expect(LiveMetrics(WatchState()).text.isEmpty)
        var ended = state(until: 10)
        ended.take(
            RunEvent(
                10,
                .ended(
                    RunEnd(verdict: .pass, reason: "", exitCode: 0, hostRestored: true, residues: [], changes: 0))))
        #expect(LiveMetrics(ended).text.isEmpty)
    }

    @Test func anEndIsTheVerdict() {
        var state = state(until: 10)
        state.take(
            RunEvent(
                10,
                .ended(
                    RunEnd(
                        verdict: .fail, reason: "expectation failed: over", exitCode: 1, hostRestored: true,
                        residues: [], changes: 0))))
        #expect(state.outlook == "fail: expectation failed: over")
    }

    @Test(arguments: [(80, 24), (110, 34), (40, 10), (20, 5)])
    func theScreenFits(_ width: Int, _ height: Int) {
        let lines = WatchScreen(
            state(until: 10), log: (0..<50).map { "line \($0)" }, width: width, height: height, color: false,
            prompt: "h halts"
        ).lines
        #expect(lines.count == max(10, height))
        #expect(lines.allSatisfy { $0.count <= max(40, width) }, "\(lines)")
        #expect(lines.last == "h halts")
        #expect(lines[0].hasPrefix("shop  baseline"))
    }

    @Test func faultsAreBarsOnTheTimeOfTheRun() throws {
        let lines = WatchScreen(
            state(until: 10), log: [], width: 100, height: 30, color: false, prompt: ""
        ).lines
        let kill = try #require(lines.first { $0.hasPrefix("kill (postgres.kill)") })
        #expect(kill.contains("··██") && kill.contains("█░") && kill.contains("well +1.5"), "\(kill)")
        let later = try #require(lines.first { $0.hasPrefix("later") })
        #expect(!later.contains("█") && later.hasSuffix("waits"))
    }

    @Test func colourIsOnlyWhereItIsWanted() {
        for color in [true, false] {
            let text = WatchScreen(
                state(until: 3), log: [], width: 80, height: 24, color: color, prompt: ""
            ).lines.joined()
            #expect(text.contains("\u{1B}[") == color)
        }
    }

    @Test func sparklines() {
        #expect(Sparkline([0, 1, 2, 3, 4, 5, 6, 7], width: 8).description == "▁▂▃▄▅▆▇█")
        // Of what is merged the largest is shown, so that a peak stays.
        #expect(Sparkline([0, 0, 0, 9, 0, 0], width: 3).description == "▁█▁")
        #expect(Sparkline([nil, 1], width: 5).description == " █")
        #expect(Sparkline([0.01, 0.02], width: 5, least: 1).description == "▁▁")
        #expect(Sparkline([0, 0], width: 5).description == "▁▁")
        #expect(Sparkline([], width: 5).description.isEmpty)
    }

    @Test func aFileIsFollowedAsItGrows() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "brink-tail-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let line = { (event: RunEvent) in try JSONEncoder().encode(event) + [UInt8(ascii: "\n")] }
        let first = try line(RunEvent(1, .phase(PhaseChange(.setup))))
        let second = try line(RunEvent(2, .phase(PhaseChange(.run))))
        // The second one is being written when it is looked for.
        try (first + second.prefix(10)).write(to: URL(filePath: path))
        var tail = try EventTail(path)
        #expect(try tail.read().map(\.event.time) == [1])
        #expect(try tail.read().isEmpty)
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.seekToEnd()
        try handle.write(contentsOf: second.dropFirst(10) + Data("garbage\n".utf8) + first)
        #expect(try tail.read().map(\.event.time) == [2, 1])
        #expect(throws: ReportError.self) { _ = try EventTail("/nonexistent/events.jsonl") }
    }
}
