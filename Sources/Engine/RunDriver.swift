import Events
import LinuxSystem
import Scenarios

/// Feeds the machine with what happens and carries out what it says. Holds no knowledge of any fault.
public actor RunDriver {
    /// Gives the metrics of the moment: of the last second, and of the steady state's window.
    public typealias Observe = @Sendable () async -> (now: [String: Double], window: [String: Double])

    private let start: Duration
    private let injections: [String: Injection]
    private let record: @Sendable (RunEvent.Kind) async -> Void
    private let observe: Observe
    private let beat: @Sendable () -> Void
    private let interval: Duration
    private var machine: RunMachine
    private var inputs: AsyncStream<RunMachine.Input>.Continuation?
    private var timer: Task<Void, Never>?
    private var verifiers: [String: Task<Void, Never>] = [:]
    /// An interruption that came before the run.
    private var earlyInterruption: String?
    private var outcome: (verdict: Verdict, reason: String)?

    /// - Parameters:
    ///   - start: the run's zero on the monotonic clock.
    ///   - interval: between two observations.
    ///   - beat: called with every observation, to tell the guardian that the harness lives.
    public init(
        scenario: Scenario, injections: [String: Injection], start: Duration, interval: Duration = .milliseconds(100),
        observe: @escaping Observe, beat: @escaping @Sendable () -> Void,
        record: @escaping @Sendable (RunEvent.Kind) async -> Void
    ) {
        self.machine = RunMachine(scenario: scenario)
        self.injections = injections
        self.start = start
        self.interval = interval
        self.observe = observe
        self.beat = beat
        self.record = record
    }

    /// Runs the scenario from baseline to recovery. Returns when everything injected is taken back.
    public func run() async -> (verdict: Verdict, reason: String, faults: [String: RunMachine.FaultState]) {
        let (stream, continuation) = AsyncStream.makeStream(of: RunMachine.Input.self)
        inputs = continuation
        let sampling = Task { [interval, observe, beat] in
            while !Task.isCancelled {
                let next = MonotonicClock.now() + interval
                let values = await observe()
                beat()
                continuation.yield(.observed(now: values.now, window: values.window))
                let rest = next - MonotonicClock.now()
                if rest > .zero { try? await Task.sleep(for: rest) }
            }
        }
        continuation.yield(.begin)
        if let earlyInterruption { continuation.yield(.interrupted(earlyInterruption)) }
        for await input in stream {
            await take(input)
            if outcome != nil { break }
        }
        sampling.cancel()
        timer?.cancel()
        for verifier in verifiers.values { verifier.cancel() }
        inputs = nil
        let end = outcome ?? (.error, "the run ended without a verdict")
        return (end.verdict, end.reason, machine.faults)
    }

    /// Ends the run early; everything is taken back first.
    public func interrupt(_ reason: String) {
        if let inputs { inputs.yield(.interrupted(reason)) } else { earlyInterruption = reason }
    }

    private func take(_ input: RunMachine.Input) async {
        for action in machine.handle(input, at: MonotonicClock.now() - start) { await perform(action) }
        schedule()
    }

    private func perform(_ action: RunMachine.Action) async {
        switch action {
        case .enter(let phase): await record(.phase(PhaseChange(phase)))
        case .inject(let id): inject(id)
        case .undo(let id): undo(id)
        case .report(let change): await record(.fault(change))
        case .judge(let window): await record(.window(window))
        case .finish(let verdict, let reason): outcome = (verdict, reason)
        }
    }

    /// Wakes the machine at its next due moment; the sampling ticks would be up to an interval late.
    private func schedule() {
        timer?.cancel()
        guard let due = machine.nextDue else { return }
        let rest = start + due - MonotonicClock.now()
        timer = Task { [inputs] in
            if rest > .zero {
                do { try await Task.sleep(for: rest, tolerance: .zero) } catch { return }
            }
            inputs?.yield(.time)
        }
    }

    private func inject(_ id: String) {
        guard let injection = injections[id] else { return }
        let due = MonotonicClock.now()
        Task { [inputs] in
            do {
                let lasts = try await injection.inject(due: due)
                inputs?.yield(.injected(id, lasts: lasts))
                self.watch(id, injection)
            } catch {
                inputs?.yield(.injectionFailed(id, "\(error)"))
            }
        }
    }

    /// Looks until the effect is seen or the fault ends.
    private func watch(_ id: String, _ injection: Injection) {
        verifiers[id] = Task { [inputs] in
            while !Task.isCancelled {
                let start = MonotonicClock.now()
                if case .seen(let evidence)? = try? await injection.verify() {
                    inputs?.yield(.verified(id, evidence))
                    return
                }
                // A look that takes long costs the machine something: most of the time is left to it.
                let pause = max(.milliseconds(50), (MonotonicClock.now() - start) * 2)
                do { try await Task.sleep(for: pause) } catch { return }
            }
        }
    }

    private func undo(_ id: String) {
        guard let injection = injections[id] else { return }
        // From here on there is no effect left to see, only what undoing looks like.
        let verifier = verifiers.removeValue(forKey: id)
        // Unstructured on purpose: taking back must not be cancelled with anything else.
        Task { [inputs] in
            verifier?.cancel()
            await verifier?.value
            // One last look, while the effect is still there.
            switch try? await injection.verify() {
            case .seen(let evidence)?: inputs?.yield(.verified(id, evidence))
            case .notYet(let wanting)?: inputs?.yield(.notSeen(id, wanting))
            case nil: break
            }
            let residues = await injection.undo().filter(\.isResidue)
            if residues.isEmpty {
                inputs?.yield(.undone(id))
            } else {
                inputs?.yield(.undoFailed(id, residues.map(\.description).joined(separator: "; ")))
            }
        }
    }
}
