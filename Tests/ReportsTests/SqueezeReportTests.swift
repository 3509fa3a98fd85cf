import Events
import Foundation
import Squeeze
import Testing

@testable import Reports

/// What the reports make of a squeeze and of a trace.
struct SqueezeReportTests {
    /// A search over a target that needs 400 MiB, as the driver would record it.
    private func squeeze() -> (result: SqueezeResult, events: [RunEvent]) {
        let mebibyte = 1_048_576.0
        var search = SqueezeSearch(
            SqueezeSettings(floor: mebibyte, ceiling: 4096 * mebibyte, granularity: 4096, unit: .bytes))
        var action = search.handle(.begin, at: .zero)
        var time = 0.0
        while action != .finish {
            time += 5
            switch action {
            case .measure(let trial):
                let value = trial.value ?? 1000 * mebibyte
                let latency = value < 400 * mebibyte ? 0.4 : 0.02 * (1000 * mebibyte) / value
                let outcome = TrialOutcome(
                    holds: latency < 0.1, burden: trial.value == nil ? 0 : (latency - 0.02) / 0.08,
                    usage: 1000 * mebibyte,
                    figures: ["latency.p99": latency, "app<b>.memory.pressure.some.share": latency / 10],
                    wall: value < 350 * mebibyte ? "OOM kill" : nil, evidence: "seen <script>", began: time,
                    ended: time + 4)
                action = search.handle(.measured(outcome), at: .seconds(time))
            case .drain: action = search.handle(.drained(hasRecovered: true, seconds: 3), at: .seconds(time))
            case .finish: break
            }
        }
        let result = search.result(
            of: SqueezeSubject(
                target: "app<b>", knob: "memory", fault: "memory.high", unit: .bytes,
                objective: "latency.p99 < 100ms and errors.rate < 1%"))
        let events = search.steps.map { RunEvent($0.ended, .step($0)) } + [RunEvent(time, .squeezed(result))]
        return (result, SyntheticRun().events + events)
    }

    @Test func theEventsSurviveJSON() throws {
        let events = squeeze().events.suffix(3)
        for event in events {
            let data = try JSONEncoder().encode(event)
            #expect(try JSONDecoder().decode(RunEvent.self, from: data) == event)
        }
    }

    @Test func thePageDrawsTheCurve() throws {
        let (result, events) = squeeze()
        #expect(result.outcome == .found)
        let html = try ReportPage(RunResult(events: events), events: events).html()
        #expect(html.contains("Brink: memory of app&lt;b&gt;"))
        #expect(html.contains("class=\"brink\"") && html.contains("rect class=\"brink-range\""))
        #expect(html.contains("class=\"recommended\""))
        #expect(html.contains("step failed") && html.contains("step held"))
        #expect(!html.contains("<script") && !html.contains("app<b>"))
        let rows = html.components(separatedBy: "<th scope=\"row\" class=\"number\">").count - 1
        #expect(rows == result.steps.count)
    }

    @Test func aRunWithoutASqueezeHasNoSuchSection() throws {
        let events = SyntheticRun().events
        let html = try ReportPage(RunResult(events: events), events: events).html()
        #expect(!html.contains("squeeze-title"))
    }

    @Test func theResultIsAFileOfItsOwn() throws {
        let folder = try TemporaryFolder()
        let (result, events) = squeeze()
        try ReportWriter().write(events, to: folder.path)
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/squeeze.json"))
        #expect(try JSONDecoder().decode(SqueezeResult.self, from: data) == result)
        let summary = try String(contentsOfFile: "\(folder.path)/summary.md", encoding: .utf8)
        #expect(summary.contains("recommended"))
    }

    @Test func theTimelineTellsEachStep() throws {
        var timeline = TimelineText(color: false)
        let (result, _) = squeeze()
        let step = try #require(result.steps.first { $0.holds == false })
        let text = timeline.line(for: RunEvent(3, .step(step)))
        let line = try #require(text)
        #expect(line.contains("MiB") && line.contains("fails"))
        #expect(result.lines.contains { $0.hasPrefix("brink:") && $0.contains("% sure") })
    }

    @Test func aTraceIsAChart() throws {
        var tracker = WorkingSetTracker()
        for round in 1...24 {
            _ = tracker.handle(
                .init(time: Double(round) * 2, current: 1e8, stalled: 0.02, refaulted: 0))
        }
        let trace = TraceResult(target: "app", tracker)
        #expect(trace.isSteady)
        let events = SyntheticRun().events + [RunEvent(80, .traced(trace))]
        let html = try ReportPage(RunResult(events: events), events: events).html()
        #expect(html.contains("Working set"))
    }
}
