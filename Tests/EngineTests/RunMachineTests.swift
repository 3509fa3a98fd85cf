import Engine
import Events
@testable import Scenarios
import Testing

/// The machine alone: time goes in with every input, actions come out.
@Suite struct RunMachineTests {
    private func scenario(
        faults: [FaultSpecification] = [], steady: Bool = true, during: Bool = false, after: Bool = true,
        recovery: Int = 10, untilRecovered: Bool = false, aborts: [String] = [],
        expectations: [Scenario.Expectation] = []
    ) -> Scenario {
        Scenario(
            id: "t", why: "", seed: 1, services: [], targets: [], load: nil,
            phases: .init(
                baseline: .seconds(4), run: .seconds(20), recovery: .seconds(recovery), untilRecovered: untilRecovered),
            steadyState: steady
                ? .init(
                    window: .seconds(2), checks: [.init(id: "ok", condition: metric("ok", 1))], during: during,
                    after: after)
                : nil,
            faults: faults, neighbours: [],
            aborts: aborts.map { .init(condition: metric($0, 1), neighbour: nil) }, expectations: expectations)
    }

    /// `NAME == value`, sustained for some time.
    private func metric(_ name: String, _ value: Double, for sustained: Duration = .zero) -> Condition {
        Condition(
            expression: .comparison(.metric(name), .equal, value), sustained: sustained, text: "\(name) == \(value)")
    }

    private func fault(
        _ id: String, at: Int? = nil, when: Condition? = nil, after: String? = nil, for duration: Int? = nil
    ) -> FaultSpecification {
        FaultSpecification(
            id: id, name: "x", target: "t",
            trigger: when.map { .when($0) } ?? after.map { .after($0) } ?? .at(.seconds(at ?? 0)),
            duration: duration.map { .seconds($0) }, parameters: Parameters())
    }

    private func observe(_ machine: inout RunMachine, _ second: Double, ok: Bool, _ now: [String: Double] = [:])
        -> [RunMachine.Action]
    {
        machine.handle(.observed(now: now, window: ["ok": ok ? 1 : 0]), at: .seconds(second))
    }

    /// Goes through a baseline that holds; the run phase begins at 4 s.
    private func running(_ scenario: Scenario) -> RunMachine {
        var machine = RunMachine(scenario: scenario)
        _ = machine.handle(.begin, at: .zero)
        for second in 1...4 { _ = observe(&machine, Double(second), ok: true) }
        return machine
    }

    @Test func baselineMustHoldBeforeAnythingIsInjected() {
        var machine = RunMachine(scenario: scenario(faults: [fault("a", at: 0)]))
        #expect(machine.handle(.begin, at: .zero) == [.enter(.baseline)])
        var last: [RunMachine.Action] = []
        for second in 1...30 {
            last = observe(&machine, Double(second), ok: false)
            #expect(!last.contains(.inject("a")))
            if case .finish(let verdict, _)? = last.last {
                #expect(verdict == .inconclusive)
                return
            }
        }
        Issue.record("an unsteady baseline never ended")
    }

    @Test func faultsComeAndGoAtTheirTimes() {
        var machine = running(scenario(faults: [fault("a", at: 2, for: 3), fault("b", at: 4, for: 5)]))
        #expect(machine.phase == .run)
        #expect(machine.nextDue == .seconds(6))
        #expect(machine.handle(.time, at: .milliseconds(5999)).isEmpty)
        #expect(machine.handle(.time, at: .seconds(6)).contains(.inject("a")))
        _ = machine.handle(.injected("a", lasts: true), at: .seconds(6))
        #expect(machine.nextDue == .seconds(8))
        // Both overlap.
        #expect(machine.handle(.time, at: .seconds(8)).contains(.inject("b")))
        _ = machine.handle(.injected("b", lasts: true), at: .seconds(8))
        #expect(machine.handle(.time, at: .seconds(9)).contains(.undo("a")))
        #expect(machine.handle(.undone("a"), at: .seconds(9.5)).contains(.report(FaultChange(id: "a", state: .ended))))
        #expect(machine.faults["a"]?.endedAt == .seconds(9.5))
        #expect(machine.faults["b"]?.stage == .active)
    }

    /// The first glimpse of a thousand requests says that they were sent; the last one what came of them.
    @Test func theLastLookIsToldWithTheEnd() {
        var machine = running(scenario(faults: [fault("a", at: 2, for: 3)]))
        _ = machine.handle(.time, at: .seconds(6))
        #expect(machine.faults["a"]?.dueAt == .seconds(6))
        _ = machine.handle(.injected("a", lasts: true), at: .seconds(6.5))
        let first = machine.handle(.verified("a", "1 sent"), at: .seconds(7))
        #expect(first.contains(.report(FaultChange(id: "a", state: .verified, detail: "1 sent"))))
        _ = machine.handle(.time, at: .seconds(9.5))
        #expect(machine.handle(.verified("a", "9 answered"), at: .seconds(9.6)).isEmpty)
        let end = machine.handle(.undone("a"), at: .seconds(9.7))
        #expect(end.contains(.report(FaultChange(id: "a", state: .ended, detail: "9 answered"))))
    }

    @Test func recoveryIsFromTheEndToTheStartOfTheFirstGoodWindow() {
        var machine = running(scenario(faults: [fault("a", at: 0, for: 2)]))
        _ = machine.handle(.injected("a", lasts: true), at: .seconds(4))
        _ = machine.handle(.verified("a", "seen"), at: .seconds(4.5))
        _ = machine.handle(.time, at: .seconds(6))
        _ = machine.handle(.undone("a"), at: .seconds(6))
        // Good, but the window began before the fault's end.
        _ = observe(&machine, 7, ok: true)
        #expect(machine.faults["a"]?.recovery == nil)
        _ = observe(&machine, 8.5, ok: false)
        _ = observe(&machine, 9, ok: true)
        #expect(machine.faults["a"]?.recovery == .seconds(1))
        // It stays what it was at first.
        _ = observe(&machine, 12, ok: true)
        #expect(machine.faults["a"]?.recovery == .seconds(1))
    }

    @Test func aConditionMustHoldWithoutABreak() {
        let when = metric("x", 1, for: .seconds(2))
        var machine = running(scenario(faults: [fault("a", when: when, for: 1)]))
        #expect(!observe(&machine, 5, ok: true, ["x": 1]).contains(.inject("a")))
        #expect(!observe(&machine, 6, ok: true, ["x": 0]).contains(.inject("a")))
        #expect(!observe(&machine, 7, ok: true, ["x": 1]).contains(.inject("a")))
        #expect(!observe(&machine, 8, ok: true).contains(.inject("a")))
        #expect(!observe(&machine, 9, ok: true, ["x": 1]).contains(.inject("a")))
        #expect(observe(&machine, 11, ok: true, ["x": 1]).contains(.inject("a")))
        #expect(!observe(&machine, 13, ok: true, ["x": 1]).contains(.inject("a")))
    }

    @Test func anUnseenFaultIsNeverSurvived() {
        var machine = running(scenario(faults: [fault("a", at: 0, for: 2)]))
        _ = machine.handle(.injected("a", lasts: true), at: .seconds(4))
        _ = machine.handle(.time, at: .seconds(6))
        _ = machine.handle(.undone("a"), at: .seconds(6))
        var end: RunMachine.Action?
        for second in 7...40 { end = observe(&machine, Double(second), ok: true).last ?? end }
        guard case .finish(let verdict, let reason)? = end else { Issue.record("no end"); return }
        #expect(verdict == .inconclusive)
        #expect(reason.contains("a"))
    }

    @Test func aFaultWithoutUndoEndsAtOnce() {
        var machine = running(scenario(faults: [fault("kill", at: 0)]))
        let actions = machine.handle(.injected("kill", lasts: false), at: .seconds(4))
        #expect(actions.contains(.report(FaultChange(id: "kill", state: .ended))))
    }

    @Test func aFaultWithoutEndLastsAsLongAsTheRun() {
        var machine = running(scenario(faults: [fault("a", at: 0)]))
        _ = machine.handle(.injected("a", lasts: true), at: .seconds(4))
        #expect(machine.handle(.time, at: .seconds(23)).isEmpty)
        #expect(machine.handle(.time, at: .seconds(24)).contains(.undo("a")))
        #expect(machine.phase == .run)
        #expect(machine.handle(.undone("a"), at: .seconds(24.2)).contains(.enter(.recovery)))
    }

    @Test func recoveryEndsWhenAllHaveRecovered() {
        var machine = running(scenario(faults: [fault("a", at: 0, for: 19)]))
        _ = machine.handle(.injected("a", lasts: true), at: .seconds(4))
        _ = machine.handle(.verified("a", "seen"), at: .seconds(5))
        _ = machine.handle(.time, at: .seconds(23))
        _ = machine.handle(.undone("a"), at: .seconds(23))
        #expect(machine.handle(.time, at: .seconds(24)).contains(.enter(.recovery)))
        let actions = observe(&machine, 26, ok: true)
        guard case .finish(.pass, _)? = actions.last else { Issue.record("\(actions)"); return }
    }

    /// A phase without length has no figures, and an expectation about it could not be judged.
    @Test func recoveryLastsAWindowEvenWhenAllHaveRecoveredBefore() {
        var machine = running(scenario(faults: [fault("a", at: 0, for: 2)]))
        _ = machine.handle(.injected("a", lasts: true), at: .seconds(4))
        _ = machine.handle(.verified("a", "seen"), at: .seconds(5))
        _ = machine.handle(.time, at: .seconds(6))
        _ = machine.handle(.undone("a"), at: .seconds(6))
        _ = observe(&machine, 9, ok: true)
        #expect(machine.faults["a"]?.recovery == .seconds(1))
        #expect(machine.handle(.time, at: .seconds(24)) == [.enter(.recovery)])
        for actions in [observe(&machine, 25, ok: true), observe(&machine, 25.9, ok: true)] {
            #expect(!actions.contains { if case .finish = $0 { true } else { false } })
        }
        guard case .finish(.pass, _)? = observe(&machine, 26, ok: true).last else { Issue.record("no end"); return }
    }

    /// Injected at 4 s, taken back at 6 s and recovered from at 9 s; the run phase could last until 24 s.
    private func recoveredEarly(_ scenario: Scenario) -> (machine: RunMachine, actions: [RunMachine.Action]) {
        var machine = running(scenario)
        _ = machine.handle(.injected("a", lasts: true), at: .seconds(4))
        _ = machine.handle(.verified("a", "seen"), at: .seconds(5))
        _ = machine.handle(.time, at: .seconds(6))
        _ = machine.handle(.undone("a"), at: .seconds(6))
        _ = observe(&machine, 7, ok: false)
        #expect(machine.phase == .run)
        let actions = observe(&machine, 9, ok: true)
        return (machine, actions)
    }

    @Test func theRunCanEndWhenAllHaveRecovered() throws {
        let once = fault("a", at: 0, for: 2)
        let (machine, actions) = recoveredEarly(scenario(faults: [once], untilRecovered: true))
        #expect(actions.contains(.enter(.recovery)))
        #expect(machine.faults["a"]?.recovery == .seconds(1))
        guard case .finish(.pass, _)? = actions.last else { Issue.record("\(actions)"); return }
    }

    /// A fault that is due later, and one whose condition may still come to hold.
    @Test func theRunWaitsForWhatIsStillDue() {
        for other in [fault("b", at: 15, for: 1), fault("b", when: metric("m", 1), for: 1)] {
            let faults = [fault("a", at: 0, for: 2), other]
            let (machine, actions) = recoveredEarly(scenario(faults: faults, untilRecovered: true))
            #expect(machine.phase == .run && !actions.contains(.enter(.recovery)))
        }
    }

    /// Not at the other's end, but when it has been recovered from.
    @Test func oneFaultComesAfterAnother() {
        let faults = [fault("a", at: 0, for: 2), fault("b", after: "a", for: 1), fault("c", after: "b")]
        var (machine, actions) = recoveredEarly(scenario(faults: faults, untilRecovered: true))
        #expect(actions.contains(.inject("b")) && !actions.contains(.inject("c")))
        _ = machine.handle(.injected("b", lasts: true), at: .seconds(9))
        _ = machine.handle(.verified("b", "seen"), at: .seconds(9))
        _ = machine.handle(.time, at: .seconds(10))
        #expect(!machine.handle(.undone("b"), at: .seconds(10)).contains(.inject("c")))
        #expect(observe(&machine, 12, ok: true).contains(.inject("c")))
    }

    @Test func withoutASteadyStateOneComesAtTheOthersEnd() {
        let faults = [fault("a", at: 0, for: 2), fault("b", after: "a")]
        var machine = RunMachine(scenario: scenario(faults: faults, steady: false))
        _ = machine.handle(.begin, at: .zero)
        _ = machine.handle(.time, at: .seconds(4))
        _ = machine.handle(.injected("a", lasts: true), at: .seconds(4))
        _ = machine.handle(.time, at: .seconds(6))
        #expect(machine.handle(.undone("a"), at: .seconds(6)).contains(.inject("b")))
    }

    /// The run phase ends before its turn comes: that is no pass.
    @Test func oneThatNeverComesIsInconclusive() {
        let faults = [fault("a", at: 0, for: 2), fault("b", after: "a")]
        var machine = running(scenario(faults: faults))
        _ = machine.handle(.injected("a", lasts: true), at: .seconds(4))
        _ = machine.handle(.verified("a", "seen"), at: .seconds(5))
        _ = machine.handle(.time, at: .seconds(6))
        _ = machine.handle(.undone("a"), at: .seconds(6))
        let end = observe(&machine, 24, ok: false)
        let change = FaultChange(id: "b", state: .neverDue, detail: "a was not recovered from in the run phase")
        #expect(end.contains(.report(change)), "\(end)")
        guard case .finish(.inconclusive, let reason)? = observe(&machine, 27, ok: true).last else {
            Issue.record("no end")
            return
        }
        #expect(reason.contains("b"))
    }

    @Test func anExpectationAboutTheRecoveryHasItsWindow() {
        let expectation = Scenario.Expectation(
            id: "e",
            that: Condition(
                expression: .comparison(.phase("recovery", metric: "m"), .less, 1), sustained: .zero, text: "e"))
        let all = scenario(
            faults: [fault("a", at: 0, for: 2)], untilRecovered: true, expectations: [expectation])
        var (machine, actions) = recoveredEarly(all)
        #expect(actions.contains(.enter(.recovery)))
        #expect(!actions.contains { if case .finish = $0 { true } else { false } })
        _ = observe(&machine, 10, ok: true)
        guard case .finish(.pass, _)? = observe(&machine, 11, ok: true).last else { Issue.record("no end"); return }
    }

    @Test func abortUndoesEverythingLatestFirst() {
        var machine = running(
            scenario(faults: [fault("a", at: 0, for: 9), fault("b", at: 0, for: 9)], aborts: ["bad"]))
        _ = machine.handle(.injected("a", lasts: true), at: .seconds(4))
        _ = machine.handle(.injected("b", lasts: true), at: .seconds(4))
        let actions = observe(&machine, 5, ok: true, ["bad": 1]).filter { if case .undo = $0 { true } else { false } }
        #expect(actions == [.undo("b"), .undo("a")])
        _ = machine.handle(.undone("b"), at: .seconds(5.1))
        guard case .finish(.aborted, let reason)? = machine.handle(.undone("a"), at: .seconds(5.2)).last else {
            Issue.record("not aborted")
            return
        }
        #expect(reason.contains("bad"))
    }

    @Test func anInterruptWaitsForWhatIsUnderWay() {
        var machine = running(scenario(faults: [fault("a", at: 0, for: 9)]))
        // Due and being injected when the interrupt comes.
        #expect(machine.handle(.interrupted("Ctrl-C"), at: .seconds(4)).isEmpty)
        #expect(machine.handle(.injected("a", lasts: true), at: .seconds(4.1)).contains(.undo("a")))
        guard case .finish(.aborted, "Ctrl-C")? = machine.handle(.undone("a"), at: .seconds(4.2)).last else {
            Issue.record("not finished")
            return
        }
        #expect(machine.handle(.time, at: .seconds(5)).isEmpty)
        #expect(machine.nextDue == nil)
    }

    @Test func aFailedInjectionIsTroubleOfTheHarness() {
        var machine = running(scenario(faults: [fault("a", at: 0, for: 9), fault("b", at: 0, for: 9)]))
        _ = machine.handle(.injected("b", lasts: true), at: .seconds(4))
        #expect(machine.handle(.injectionFailed("a", "EACCES"), at: .seconds(4.1)).contains(.undo("b")))
        guard case .finish(.error, _)? = machine.handle(.undone("b"), at: .seconds(4.2)).last else {
            Issue.record("no error")
            return
        }
    }

    @Test func theSteadyStateCanBeRequiredDuringTheRun() {
        var machine = running(scenario(faults: [fault("a", at: 0, for: 2)], during: true))
        _ = machine.handle(.injected("a", lasts: true), at: .seconds(4))
        _ = machine.handle(.verified("a", "seen"), at: .seconds(4))
        _ = observe(&machine, 5, ok: false)
        _ = machine.handle(.time, at: .seconds(6))
        _ = machine.handle(.undone("a"), at: .seconds(6))
        var end: RunMachine.Action?
        for second in 7...40 { end = observe(&machine, Double(second), ok: true).last ?? end }
        guard case .finish(.fail, _)? = end else { Issue.record("\(String(describing: end))"); return }
    }

    /// Injects `a` from 4 s to 6 s and looks once a second until the end.
    private func end(of scenario: Scenario, ok: (Int) -> Bool) -> (verdict: Verdict, reason: String, second: Int)? {
        var machine = running(scenario)
        _ = machine.handle(.injected("a", lasts: true), at: .seconds(4))
        _ = machine.handle(.verified("a", "seen"), at: .seconds(5))
        _ = machine.handle(.time, at: .seconds(6))
        _ = machine.handle(.undone("a"), at: .seconds(6))
        for second in 7...60 {
            guard case .finish(let verdict, let reason)? = observe(&machine, Double(second), ok: ok(second)).last else {
                continue
            }
            return (verdict, reason, second)
        }
        return nil
    }

    @Test func aServiceThatDoesNotBecomeSteadyAgainFails() throws {
        let end = try #require(end(of: scenario(faults: [fault("a", at: 0, for: 2)])) { _ in false })
        #expect(end.verdict == .fail)
        #expect(end.reason.contains(": ok; not recovered from: a"), "\(end.reason)")
        #expect(end.second == 34)
    }

    /// Well for a moment after the fault, and then not any more.
    @Test func aServiceThatIsUnsteadyInTheEndFails() throws {
        let end = try #require(end(of: scenario(faults: [fault("a", at: 0, for: 2)])) { $0 < 12 })
        #expect(end.verdict == .fail)
        #expect(end.reason.hasSuffix("recovery phase: ok"), "\(end.reason)")
    }

    @Test func recoveryWaitsForTheSteadyState() throws {
        let end = try #require(end(of: scenario(faults: [fault("a", at: 0, for: 2)])) { $0 < 12 || $0 > 29 })
        #expect(end.verdict == .pass)
        #expect(end.second == 30)
    }

    @Test func theSteadyStateAfterwardsCanBeLeftOut() throws {
        let faults = [fault("a", at: 0, for: 2)]
        let notAsked = try #require(end(of: scenario(faults: faults, after: false)) { _ in false })
        #expect(notAsked.verdict == .pass)
        // Without a recovery phase there is nothing to look at.
        let notWatched = try #require(end(of: scenario(faults: faults, recovery: 0)) { _ in false })
        #expect(notWatched.verdict == .pass)
    }

    @Test func withoutASteadyStateItRunsOnTimeAlone() {
        var machine = RunMachine(scenario: scenario(faults: [fault("a", at: 1, for: 1)], steady: false))
        _ = machine.handle(.begin, at: .zero)
        #expect(machine.handle(.time, at: .seconds(4)).contains(.enter(.run)))
        #expect(machine.handle(.time, at: .seconds(5)).contains(.inject("a")))
    }
}
