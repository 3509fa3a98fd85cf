import Events
import Testing

@testable import Reports

@Suite("The timeline on a terminal")
struct TimelineTextTests {
    @Test("A change of a fault is a line with its evidence")
    func fault() {
        var timeline = TimelineText(color: false)
        let change = FaultChange(id: "kill", state: .verified, detail: "the postmaster has ended")
        let line = timeline.line(for: RunEvent(12, .fault(change)))
        #expect(line == "   12.0s  fault kill  verified: the postmaster has ended")
    }

    @Test("Windows speak up only when they flip")
    func windows() {
        var timeline = TimelineText(color: false)
        let lines = [true, true, false, false, true].enumerated().map { index, holds in
            timeline.line(
                for: RunEvent(
                    Double(index),
                    .window(
                        .init(
                            start: 0, end: 1, holds: holds, values: ["latency.p99": 2.5], failing: holds ? [] : ["p99"])
                    )))
        }
        #expect(
            lines == [
                "    0.0s  steady state  holds", nil,
                "    2.0s  steady state  does not hold: p99  (latency.p99 = 2.5 s)", nil,
                "    4.0s  steady state  holds",
            ])
    }

    @Test("Samples and writes are silent")
    func silence() {
        var timeline = TimelineText(color: false)
        let sample = timeline.line(for: RunEvent(1, .sample(.init(values: ["throughput": 1]))))
        #expect(sample == nil)
        let write = HostWrite(owner: "a", subject: "b", prior: "c", value: "d", isUndo: false, outcome: "applied")
        let line = timeline.line(for: RunEvent(1, .write(write)))
        #expect(line == nil)
    }

    @Test("Colour is only where it is wanted, and texts cannot bring their own", arguments: [true, false])
    func colour(_ isWanted: Bool) throws {
        var timeline = TimelineText(color: isWanted)
        let told = timeline.line(for: RunEvent(1, .message(.init(.error, "\u{1B}[2Jgone\nnext"))))
        let line = try #require(told)
        #expect(line.contains("␛[2Jgone␊next"))
        #expect(line.count { $0 == "\u{1B}" } == (isWanted ? 2 : 0))
    }

    @Test("A host that is not restored is shouted")
    func residue() {
        var timeline = TimelineText(color: false)
        let end = RunEnd(
            verdict: .pass, reason: "fine", exitCode: 10, hostRestored: false, residues: ["memory.high"], changes: 1)
        let line = timeline.line(for: RunEvent(90, .ended(end)))
        #expect(line == "   90.0s  pass  fine; HOST NOT RESTORED: memory.high")
    }
}
