import Engine
import Events
import Faults
import LinuxSystem
import Scenarios

/// What a client of an attached session can ask for.
public actor AttachControl {
    private let scenario: Scenario
    private let targets: [String: ResolvedTarget]
    private let ground: GuardedSession.Ground
    private let measurements: RunMeasurements
    private let load: LoadSetup.Prepared?
    private let claims = Claims()
    private var injections: [String: Injection] = [:]
    private(set) var states: [String: RunMachine.FaultState] = [:]
    /// Faults that could not be taken back.
    private(set) var failures: [String] = []
    /// Why the session ends early.
    private(set) var stopping: String?
    private var onStop: (@Sendable (String) -> Void)?
    /// The latest reading of the steady state's window: where it began, and what did not hold in it.
    private var window: (start: Double, failing: [String])?

    init(
        scenario: Scenario, targets: [String: ResolvedTarget], ground: GuardedSession.Ground,
        measurements: RunMeasurements, load: LoadSetup.Prepared?
    ) {
        self.scenario = scenario
        self.targets = targets
        self.ground = ground
        self.measurements = measurements
        self.load = load
    }

    /// Where a service that was started is.
    public struct Place: Encodable, Sendable {
        public var address: String?
        public var url: String?
        public var pid: Int32
    }

    /// The session's folder, where its reports will be.
    public nonisolated var folder: String { ground.folder }

    public func services() async -> [String: Place] {
        await ground.services.services.mapValues {
            Place(address: $0.address, url: $0.endpoint, pid: $0.process.pid)
        }
    }

    /// Seconds of the session.
    var now: Double { (MonotonicClock.now() - ground.start).inSeconds }

    func record(_ kind: RunEvent.Kind) async { await ground.events.record(kind) }

    // MARK: Faults

    /// Injects a fault and waits until it is seen to take effect.
    /// - Returns: the evidence; nil when it was not seen within the patience, and goes on.
    /// - Throws: what the scenario's reader, the fault or the kernel says; nothing is changed then.
    public func inject(_ specification: FaultSpecification, within patience: Duration) async throws -> String? {
        guard states[specification.id] == nil else {
            throw HarnessError(.usage, "a fault was called \(specification.id) already")
        }
        guard let target = targets[specification.target] else {
            throw HarnessError(.usage, "no target is called \(specification.target)")
        }
        let id = specification.id
        let events = ground.events
        let injection = Injection(
            id: id, fault: try FaultRegistry.make(specification, on: target), journal: ground.journal, claims: claims
        ) { await events.record($0) }
        states[id] = RunMachine.FaultState()
        await record(.fault(FaultChange(id: id, state: .due)))
        do {
            let lasts = try await injection.inject(due: MonotonicClock.now())
            states[id]?.injectedAt = MonotonicClock.now() - ground.start
            states[id]?.stage = lasts ? .active : .ended
            injections[id] = injection
        } catch {
            states[id] = nil
            await record(.fault(FaultChange(id: id, state: .failed, detail: "\(error)")))
            throw error
        }
        await record(.fault(FaultChange(id: id, state: .injected)))
        let end = MonotonicClock.now() + patience
        while MonotonicClock.now() < end, stopping == nil {
            if case .seen(let evidence)? = try? await injection.verify() {
                states[id]?.isVerified = true
                await record(.fault(FaultChange(id: id, state: .verified, detail: evidence)))
                return evidence
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        return nil
    }

    /// Takes a fault back.
    /// - Throws: when it could not be taken back; the guardian tries again at the session's end.
    public func undo(_ id: String) async throws {
        guard let injection = injections.removeValue(forKey: id) else {
            throw HarnessError(.usage, "no fault called \(id) is injected")
        }
        if states[id]?.isVerified == false, case .seen(let evidence)? = try? await injection.verify() {
            states[id]?.isVerified = true
            await record(.fault(FaultChange(id: id, state: .verified, detail: evidence)))
        }
        let residues = await injection.undo().filter(\.isResidue).map(\.description)
        guard residues.isEmpty else {
            let text = "fault \(id) could not be taken back: \(residues.joined(separator: "; "))"
            failures.append(text)
            await record(.fault(FaultChange(id: id, state: .failed, detail: text)))
            throw HarnessError(.hostNotRestored, text)
        }
        states[id]?.endedAt = MonotonicClock.now() - ground.start
        states[id]?.stage = .ended
        await record(.fault(FaultChange(id: id, state: .ended)))
        if states[id]?.isVerified == false { await record(.fault(FaultChange(id: id, state: .unverified))) }
    }

    /// Of those that are injected, the latest first.
    func undoAll() async {
        let order = injections.keys.sorted { (states[$0]?.injectedAt ?? .zero) > (states[$1]?.injectedAt ?? .zero) }
        for id in order {
            // What could not be taken back is among the failures, and the guardian's next.
            do { try await undo(id) } catch { await record(.message(Message(.error, "\(error)"))) }
        }
    }

    // MARK: Measuring

    /// One round of readings.
    func observe() async {
        let values = measurements.observe()
        let time = now
        await record(.sample(Sample(values: values.now)))
        guard let steadyState = scenario.steadyState else { return }
        let failing = steadyState.checks.filter { $0.condition.expression.evaluate(values.window) != true }.map(\.id)
        window = (time - steadyState.window.inSeconds, failing)
    }

    /// Waits until the steady state holds over a whole window that began after the last fault's end.
    /// - Returns: from that end to the window's beginning, in seconds; 0 when no fault was injected. Nil when it did not
    ///   hold within the patience.
    /// - Throws: when the scenario has no steady state.
    public func awaitSteadyState(within patience: Duration) async throws -> Double? {
        guard scenario.steadyState != nil else {
            throw HarnessError(.usage, "\(scenario.id) has no steadyState, so nothing says when it holds")
        }
        let last = states.max { ($0.value.endedAt ?? .zero) < ($1.value.endedAt ?? .zero) }
        let ended = last?.value.endedAt?.inSeconds ?? 0
        let end = MonotonicClock.now() + patience
        while MonotonicClock.now() < end, stopping == nil {
            if let window, window.start >= ended, window.failing.isEmpty {
                guard let last, last.value.endedAt != nil else { return 0 }
                let recovery = window.start - ended
                if states[last.key]?.recovery == nil {
                    states[last.key]?.recovery = .seconds(recovery)
                    await record(
                        .fault(
                            FaultChange(
                                id: last.key, state: .recovered,
                                detail: "steady again \(Duration.seconds(recovery).short) after its end",
                                recoverySeconds: recovery)))
                }
                return recovery
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        return nil
    }

    /// Metrics over the last so many seconds; those that are not known are left out.
    public func metrics(_ names: [String], over time: Duration) -> [String: Double] {
        let end = now
        let from = max(0, end - time.inSeconds)
        var values: [String: Double] = [:]
        for name in names { values[name] = measurements.value(of: name, from: from, to: end) }
        return values
    }

    /// What has become of the load's writes so far, by the client's own account: what was acknowledged is compared with
    /// what is stored when the session ends.
    public func writes() -> (sent: Int, acknowledged: Int) {
        guard let load else { return (0, 0) }
        let entries = load.ledger.entries
        return (entries.sent.count, entries.outcomes.values.count { $0 == .acked })
    }

    // MARK: Ending

    /// Says that the session must end; called by a signal, or when the guardian is gone.
    func stop(_ reason: String) {
        stopping = stopping ?? reason
        onStop?(reason)
    }

    /// Is told when the session must end.
    public func whenStopping(_ body: @escaping @Sendable (String) -> Void) {
        onStop = body
        if let stopping { body(stopping) }
    }
}
