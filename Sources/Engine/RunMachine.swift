import Events
import Scenarios

/// Decides what happens when in a run. Pure: inputs come with their time, actions go out, nothing is waited for and
/// nothing is touched, so every course of events can be tested without I/O.
public struct RunMachine: Sendable {
    /// What the driver tells the machine.
    public enum Input: Hashable, Sendable {
        /// Services are up and load flows: the baseline begins.
        case begin
        /// Nothing but the passing of time; due moments are looked at.
        case time
        /// One sampling interval: metrics of the last second, and of the steady state's window.
        case observed(now: [String: Double], window: [String: Double])
        /// A fault's changes are made. One that leaves nothing to undo has also ended.
        case injected(String, lasts: Bool)
        /// A fault could not be injected; whatever it had changed is taken back.
        case injectionFailed(String, String)
        /// A fault was seen to take effect.
        case verified(String, String)
        /// Just before it is taken back, a fault is still not seen; with what is waited for.
        case notSeen(String, String)
        /// A fault was taken back.
        case undone(String)
        /// A fault could not be taken back.
        case undoFailed(String, String)
        /// A person or the system wants the run to end.
        case interrupted(String)
    }

    /// What the machine wants done.
    public enum Action: Hashable, Sendable {
        case enter(PhaseChange.Phase)
        case inject(String)
        case undo(String)
        case report(FaultChange)
        case judge(WindowVerdict)
        /// The end, with the verdict so far: expectations are judged when it is `pass`.
        case finish(Verdict, String)
    }

    /// What is known of one fault.
    public struct FaultState: Hashable, Sendable {
        public enum Stage: Hashable, Sendable {
            case waiting, injecting, active, undoing, ended, failed
        }

        public var stage: Stage = .waiting
        /// When it was to be injected. What its injection itself does, such as a restart, happens from here on.
        public var dueAt: Duration?
        public var injectedAt: Duration?
        public var endedAt: Duration?
        public var isVerified = false
        /// What was seen of it first.
        var evidence: String?
        /// What was seen of it later, in the last look before it is taken back.
        var lastEvidence: String?
        /// What was waited for when it was taken back without having been seen.
        public var wanting: String?
        /// From the end to the start of the first good window.
        public var recovery: Duration?

        public init() {}
    }

    public let scenario: Scenario
    public private(set) var phase: PhaseChange.Phase = .setup
    public private(set) var phaseStart: Duration = .zero
    public private(set) var faults: [String: FaultState]

    private var conditions: [String: SustainedCondition] = [:]
    private var aborts: [SustainedAbort]
    private var stopping: (verdict: Verdict, reason: String)?
    /// Checks that failed in the last window; nil before the first.
    private var lastFailing: [String]?
    private var hypothesisBroken: String?
    private var isFinished = false
    private var lastHandled: Duration = .zero

    /// How often the baseline may be prolonged, as a multiple of its length, before the service counts as unsteady.
    private static let baselinePatience = 3

    public init(scenario: Scenario) {
        self.scenario = scenario
        self.faults = Dictionary(uniqueKeysWithValues: scenario.faults.map { ($0.id, FaultState()) })
        self.aborts = scenario.aborts.map(SustainedAbort.init)
        for fault in scenario.faults {
            if case .when(let condition) = fault.trigger { conditions[fault.id] = SustainedCondition(condition) }
        }
    }

    /// When the driver should send `.time` next; nil when only other inputs matter.
    public var nextDue: Duration? {
        guard !isFinished else { return nil }
        var moments: [Duration] = []
        if let end = phaseEnd { moments.append(phaseStart + end) }
        if phase == .run {
            for fault in scenario.faults {
                guard let state = faults[fault.id] else { continue }
                if state.stage == .waiting, case .at(let offset) = fault.trigger { moments.append(phaseStart + offset) }
                if state.stage == .active, let injected = state.injectedAt, let duration = fault.duration {
                    moments.append(injected + duration)
                }
            }
        }
        // What was due before the last input is being done, or waits for something else than time.
        return moments.filter { $0 > lastHandled }.min()
    }

    /// Takes one input at its time and says what to do.
    public mutating func handle(_ input: Input, at now: Duration) -> [Action] {
        guard !isFinished else { return [] }
        lastHandled = now
        var actions: [Action] = []
        switch input {
        case .begin:
            enter(.baseline, at: now, &actions)
        case .time:
            break
        case .observed(let values, let window):
            judge(window, at: now, &actions)
            observe(values, at: now, &actions)
        case .injected(let id, let lasts):
            injected(id, lasts: lasts, at: now, &actions)
        case .injectionFailed(let id, let reason):
            faults[id]?.stage = .failed
            actions.append(.report(FaultChange(id: id, state: .failed, detail: reason)))
            stop(.error, "fault \(id) could not be injected: \(reason)")
        case .verified(let id, let evidence):
            guard faults[id]?.isVerified == false else {
                faults[id]?.lastEvidence = evidence
                break
            }
            faults[id]?.isVerified = true
            faults[id]?.evidence = evidence
            actions.append(.report(FaultChange(id: id, state: .verified, detail: evidence)))
        case .notSeen(let id, let wanting):
            faults[id]?.wanting = wanting
        case .undone(let id):
            end(id, at: now, &actions)
        case .undoFailed(let id, let reason):
            actions.append(.report(FaultChange(id: id, state: .failed, detail: reason)))
            end(id, at: now, &actions)
            stop(.error, "fault \(id) could not be taken back: \(reason)")
        case .interrupted(let reason):
            stop(.aborted, reason)
        }
        advance(at: now, &actions)
        return actions
    }

    // MARK: Phases

    private var phaseEnd: Duration? {
        switch phase {
        case .baseline: scenario.phases.baseline
        case .run: scenario.phases.run
        case .recovery: scenario.phases.recovery
        case .setup, .teardown: nil
        }
    }

    private mutating func enter(_ next: PhaseChange.Phase, at now: Duration, _ actions: inout [Action]) {
        phase = next
        phaseStart = now
        actions.append(.enter(next))
    }

    /// Moves on as far as the time allows.
    private mutating func advance(at now: Duration, _ actions: inout [Action]) {
        if stopping != nil { return windDown(at: now, &actions) }
        if phase == .baseline { leaveBaseline(at: now, &actions) }
        if phase == .run {
            endDueFaults(at: now, &actions)
            startDueFaults(at: now, &actions)
            if now - phaseStart >= scenario.phases.run || isRecoveredEarly { leaveRun(at: now, &actions) }
        }
        if phase == .recovery { leaveRecovery(at: now, &actions) }
    }

    private mutating func leaveBaseline(at now: Duration, _ actions: inout [Action]) {
        let elapsed = now - phaseStart
        guard elapsed >= scenario.phases.baseline else { return }
        if scenario.steadyState == nil || lastFailing == [] {
            enter(.run, at: now, &actions)
        } else if elapsed >= scenario.phases.baseline * RunMachine.baselinePatience + .seconds(5) {
            finish(
                .inconclusive,
                "the steady state did not hold before anything was injected, so nothing was injected", &actions)
        }
    }

    private mutating func leaveRun(at now: Duration, _ actions: inout [Action]) {
        undoAll(&actions)
        guard faults.values.allSatisfy({ [.waiting, .ended, .failed].contains($0.stage) }) else { return }
        for fault in scenario.faults where faults[fault.id]?.stage == .waiting {
            let reason =
                if case .after(let other) = fault.trigger { "\(other) was not recovered from in the run phase" } else {
                    "its condition did not hold in the run phase"
                }
            actions.append(.report(FaultChange(id: fault.id, state: .neverDue, detail: reason)))
        }
        enter(.recovery, at: now, &actions)
    }

    /// Whether nothing is left to wait for in the run phase of a scenario that wants no more. A fault whose condition has not
    /// held yet may still be due.
    private var isRecoveredEarly: Bool {
        guard scenario.phases.untilRecovered, !faults.isEmpty else { return false }
        let areOver = faults.values.allSatisfy { $0.stage == .failed || isOver($0) }
        return areOver && (scenario.steadyState == nil || lastFailing == [])
    }

    /// Whether a fault has ended and, where anything tells, been recovered from.
    private func isOver(_ state: FaultState) -> Bool {
        state.stage == .ended && (state.recovery != nil || scenario.steadyState == nil)
    }

    private mutating func leaveRecovery(at now: Duration, _ actions: inout [Action]) {
        let isWaiting = faults.values.contains { $0.endedAt != nil && $0.recovery == nil }
        let elapsed = now - phaseStart
        // Where all has recovered before, it lasts a window, for the sake of expectations about this phase.
        let window = scenario.phases.untilRecovered && !isRecoveryAskedFor ? .zero : scenario.steadyState?.window
        let least = min(window ?? leastUnwatchedRecovery, scenario.phases.recovery)
        let isOver = elapsed >= scenario.phases.recovery
        let isWell = !isWaiting && (lastFailing == [] || scenario.steadyState?.after == false)
        guard isOver || (elapsed >= least && (isWell || scenario.steadyState == nil)) else { return }
        let unverified = scenario.faults.filter { fault in
            guard let state = faults[fault.id], !state.isVerified else { return false }
            // A condition that never held is reported as such; a fault that was due by the clock must have happened.
            if case .when = fault.trigger { return state.injectedAt != nil }
            return true
        }
        for fault in unverified where faults[fault.id]?.injectedAt != nil {
            let wanting = faults[fault.id]?.wanting.map { ": \($0)" } ?? ""
            actions.append(
                .report(FaultChange(id: fault.id, state: .unverified, detail: "no effect was seen\(wanting)")))
        }
        if let reason = hypothesisBroken ?? notSteadyAgain {
            finish(.fail, reason, &actions)
        } else if !unverified.isEmpty {
            finish(
                .inconclusive,
                "not seen to take effect: \(unverified.map(\.id).joined(separator: ", "))", &actions)
        } else {
            finish(.pass, "all faults were seen to take effect", &actions)
        }
    }

    /// The steady state after the faults, as the recovery phase leaves it. Without such a phase nobody has looked.
    private var notSteadyAgain: String? {
        guard let steady = scenario.steadyState, steady.after, scenario.phases.recovery > .zero else { return nil }
        let lasting = scenario.faults.filter { fault in
            faults[fault.id].map { $0.endedAt != nil && $0.recovery == nil } ?? false
        }
        let failing = lastFailing ?? steady.checks.map(\.id)
        guard !lasting.isEmpty || !failing.isEmpty else { return nil }
        // The last window held, yet none began after the last fault's end.
        let checks = failing.isEmpty ? "" : ": \(failing.joined(separator: ", "))"
        let causes = lasting.isEmpty ? "" : "; not recovered from: \(lasting.map(\.id).joined(separator: ", "))"
        return "the steady state did not hold again in the recovery phase\(checks)\(causes)"
    }

    /// Without a steady state nothing is seen to recover: all of the phase, or none where nothing is asked of it.
    private var leastUnwatchedRecovery: Duration { isRecoveryAskedFor ? scenario.phases.recovery : .zero }

    private var isRecoveryAskedFor: Bool {
        scenario.expectations.flatMap(\.that.expression.operands).contains { operand in
            if case .phase("recovery", _) = operand { true } else { false }
        }
    }

    private mutating func finish(_ verdict: Verdict, _ reason: String, _ actions: inout [Action]) {
        isFinished = true
        actions.append(.finish(verdict, reason))
    }

    // MARK: Faults

    private mutating func startDueFaults(at now: Duration, _ actions: inout [Action]) {
        for fault in scenario.faults where faults[fault.id]?.stage == .waiting {
            switch fault.trigger {
            case .at(let offset) where now - phaseStart >= offset: inject(fault.id, at: now, &actions)
            case .after(let other) where faults[other].map(isOver) == true: inject(fault.id, at: now, &actions)
            case .at, .after, .when: break
            }
        }
    }

    private mutating func inject(_ id: String, at now: Duration, _ actions: inout [Action]) {
        faults[id]?.stage = .injecting
        faults[id]?.dueAt = now
        actions.append(.report(FaultChange(id: id, state: .due)))
        actions.append(.inject(id))
    }

    private mutating func injected(_ id: String, lasts: Bool, at now: Duration, _ actions: inout [Action]) {
        guard faults[id]?.stage == .injecting else { return }
        faults[id]?.stage = .active
        faults[id]?.injectedAt = now
        actions.append(.report(FaultChange(id: id, state: .injected)))
        if !lasts { end(id, at: now, &actions) }
    }

    private mutating func endDueFaults(at now: Duration, _ actions: inout [Action]) {
        for fault in scenario.faults {
            guard let state = faults[fault.id], state.stage == .active, let injected = state.injectedAt,
                let duration = fault.duration, now - injected >= duration
            else { continue }
            undo(fault.id, &actions)
        }
    }

    private mutating func undo(_ id: String, _ actions: inout [Action]) {
        faults[id]?.stage = .undoing
        actions.append(.undo(id))
    }

    /// Latest first, as the journal would.
    private mutating func undoAll(_ actions: inout [Action]) {
        for fault in scenario.faults.reversed() where faults[fault.id]?.stage == .active {
            undo(fault.id, &actions)
        }
    }

    private mutating func end(_ id: String, at now: Duration, _ actions: inout [Action]) {
        guard let state = faults[id], state.stage == .active || state.stage == .undoing else { return }
        faults[id]?.stage = .ended
        faults[id]?.endedAt = now
        // What was seen first may be the beginning of what came of it.
        let news = state.lastEvidence == state.evidence ? nil : state.lastEvidence
        actions.append(.report(FaultChange(id: id, state: .ended, detail: news ?? "")))
    }

    // MARK: Observations

    private mutating func observe(_ values: [String: Double], at now: Duration, _ actions: inout [Action]) {
        for index in aborts.indices where aborts[index].holds(values, at: now) {
            stop(.aborted, aborts[index].reason)
        }
        guard phase == .run, stopping == nil else { return }
        for fault in scenario.faults where faults[fault.id]?.stage == .waiting {
            if conditions[fault.id]?.holds(values, at: now) == true { inject(fault.id, at: now, &actions) }
        }
    }

    private mutating func judge(_ window: [String: Double], at now: Duration, _ actions: inout [Action]) {
        guard let steady = scenario.steadyState, phase != .setup, phase != .teardown else { return }
        let start = now - steady.window
        // A window that began before the load did says nothing.
        guard start >= .zero, phase != .baseline || start >= phaseStart else { return }
        var values: [String: Double] = [:]
        var failing: [String] = []
        for check in steady.checks {
            let holds = check.condition.expression.evaluate { operand in
                guard case .metric(let name) = operand else { return nil }
                if let value = window[name] { values[name] = value }
                return window[name]
            }
            if holds != true { failing.append(check.id) }
        }
        lastFailing = failing
        actions.append(
            .judge(
                WindowVerdict(
                    start: start.inSeconds, end: now.inSeconds, holds: failing.isEmpty, values: values,
                    failing: failing)))
        if failing.isEmpty {
            recover(windowStart: start, &actions)
        } else if steady.during, phase == .run, hypothesisBroken == nil {
            hypothesisBroken = "the steady state did not hold during the run: \(failing.joined(separator: ", "))"
        }
    }

    private mutating func recover(windowStart start: Duration, _ actions: inout [Action]) {
        for fault in scenario.faults {
            guard let state = faults[fault.id], let ended = state.endedAt, state.recovery == nil, start >= ended else {
                continue
            }
            let recovery = start - ended
            faults[fault.id]?.recovery = recovery
            actions.append(
                .report(
                    FaultChange(
                        id: fault.id, state: .recovered, detail: "steady again \(recovery.short) after its end",
                        recoverySeconds: recovery.inSeconds)))
        }
    }

    // MARK: Stopping

    /// The first reason to stop is the one that counts.
    private mutating func stop(_ verdict: Verdict, _ reason: String) {
        if stopping == nil { stopping = (verdict, reason) }
    }

    /// Takes back all that is active, waits for what is under way, then finishes.
    private mutating func windDown(at now: Duration, _ actions: inout [Action]) {
        undoAll(&actions)
        guard let stopping,
            faults.values.allSatisfy({ [.waiting, .ended, .failed].contains($0.stage) })
        else { return }
        finish(stopping.verdict, stopping.reason, &actions)
    }
}
