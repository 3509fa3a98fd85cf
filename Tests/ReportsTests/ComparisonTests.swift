import Events
import Foundation
import Testing

@testable import Reports

@Suite("Two runs side by side")
struct ComparisonTests {
    private let first = SyntheticRun(length: 40).events

    /// The same run with a later start, slower answers and a longer recovery from the kill.
    private var second: [RunEvent] {
        first.map { event in
            var event = event
            switch event.kind {
            case .started(var start):
                start.run = "other"
                start.seed = 7
                event.kind = .started(start)
                return event
            case .sample(var sample):
                sample.values = sample.values.mapValues { $0 * 3 }
                event.kind = .sample(sample)
            case .load(var load):
                load.latency = load.latency.mapValues { $0 * 2.8 }
                event.kind = .load(load)
            case .fault(var change) where change.state == .recovered && change.id == "kill":
                change.recoverySeconds = change.recoverySeconds.map { $0 * 3 }
                event.kind = .fault(change)
            case .expectation(var result) where result.id == "integrity":
                result.verdict = .fail
                event.kind = .expectation(result)
            default: break
            }
            event.time += 4
            return event
        }
    }

    private func comparison(_ first: [RunEvent], _ second: [RunEvent]) -> Comparison {
        Comparison(first: RunResult(events: first), second: RunResult(events: second))
    }

    @Test("What differs is said in words, what does not is not")
    func sentences() {
        let sentences = comparison(first, second).sentences
        #expect(sentences.contains("p99 in run: 2.4 s in A, 6.72 s in B (2.8 times)."), "\(sentences)")
        #expect(sentences.contains("Recovery from kill: 3.6 s in A, 10.8 s in B (3 times)."))
        #expect(sentences.contains("Expectation integrity (ledger.lost == 0): pass in A, fail in B."))
        #expect(!sentences.contains { $0.hasPrefix("Recovery from lag") || $0.hasPrefix("Writes acknowledged") })
        #expect(comparison(first, second).unlike.contains("The seeds differ: 20240601 in A, 7 in B."))
        #expect(comparison(first, first).sentences.isEmpty && comparison(first, first).unlike.isEmpty)
    }

    @Test("Worse and better are told apart, and next to nothing is neither")
    func directions() {
        func figure(_ first: Double?, _ second: Double?, moreIsWorse: Bool? = true) -> ComparedFigure {
            ComparedFigure(
                name: "x", unit: .seconds, first: first, second: second, moreIsWorse: moreIsWorse, least: 0.01)
        }
        #expect(figure(1, 2).isWorse == true && figure(2, 1).isWorse == false)
        #expect(figure(2, 1, moreIsWorse: false).isWorse == true && figure(1, 2, moreIsWorse: nil).isWorse == nil)
        #expect(figure(1, 1.09).difference == "same" && figure(1, 1.5).difference == "+50 %")
        #expect(figure(1, 0.5).difference == "−50 %" && figure(0.001, 0.005).difference == "same")
        #expect(figure(0, 3).difference == "+3 s" && figure(nil, 3).difference == "–" && figure(nil, 3).sentence == nil)
    }

    @Test("The curves lie over each other where the run phase begins")
    func axis() throws {
        func run(_ events: [RunEvent], shift: Double) -> ComparedRun {
            ComparedRun(
                letter: "A", result: RunResult(events: events), samples: SampleTable(events, wanted: { _ in true }),
                shift: shift)
        }
        let origins = [
            ComparedRun.origin(of: RunResult(events: first)), ComparedRun.origin(of: RunResult(events: second)),
        ]
        #expect(abs(origins[1] - origins[0] - 4) < 1e-9)
        let (phases, faults) = run(first, shift: -2).shifted()
        #expect(phases.first?.phase == .baseline && phases.first?.start == 0)
        #expect(abs(try #require(phases.first { $0.phase == .run }).start - 3.6) < 1e-9)
        #expect(faults.first?.injectedAt.map { abs($0 - (6.4 + 0.005 - 2)) < 1e-9 } == true)
    }

    @Test("The page has both runs, figures, lanes and curves, and nothing from outside")
    func page() throws {
        let page = try ComparisonPage(first, second).html()
        for text in [
            "cascade.pool-and-database: two runs", "other", "A: kill", "B: kill", "Latency, p99", "Memory of pool",
            "Recovery from kill", "2.8 times", "Run under other conditions", "worse",
        ] { #expect(page.contains(text), "\(text) is missing") }
        #expect(!page.contains("<script") && !page.contains("http://") && !page.contains("https://"))
        let ids = page.matches(of: /\sid="([^"]+)"/).map { String($0.1) }
        #expect(Set(ids).count == ids.count)
        #expect(try ComparisonPage(first, first).html().contains("no figure differs"))
    }

    @Test("Runs without a beginning, an end or a common fault can be compared too")
    func fragments() throws {
        _ = try ComparisonPage([], []).html()
        let cut = Array(first.prefix(50))
        let page = try ComparisonPage(first, cut).html()
        #expect(page.contains("B was interrupted at"))
    }

    @Test("Names from outside are shown, never obeyed", arguments: HostileText.all)
    func escaping(_ hostile: String) throws {
        let page = try ComparisonPage(first, HostileText.events(hostile)).html()
        #expect(!page.contains("<img") && !page.contains("<script"))
        #expect(page.matches(of: /\son[a-z]+="/).isEmpty)
    }
}
