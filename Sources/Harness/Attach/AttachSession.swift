import Engine
import Events
import Faults
import LinuxSystem
import Scenarios

/// A session on guarded ground whose faults a client names one by one, as a test does, where a run's are in its scenario.
public actor AttachSession {
    public typealias Outcome = GuardedSession.Outcome

    private let scenario: Scenario
    private let session: GuardedSession

    /// - Parameters:
    ///   - scenario: its services are started, its load runs and its targets are the blast radius; it has no faults.
    ///   - longest: after this, and some time to undo, the guardian takes over.
    ///   - listener: shown every event as it happens.
    public init(
        scenario: Scenario, options: RunOptions, settings: Settings, longest: Duration,
        listener: @escaping @Sendable (RunEvent) -> Void
    ) {
        self.scenario = scenario
        session = GuardedSession(
            scenario: scenario, options: options, settings: settings, longest: longest + .seconds(600),
            listener: listener)
    }

    /// Ends the session early: everything is taken back first.
    public func interrupt(_ code: ExitCode) async { await session.interrupt(code) }

    /// Lets a client direct the session until it has finished.
    /// - Parameter talk: is given what the client can ask for; the session ends when it returns. It should return soon
    ///   after the control says that the session is stopping.
    /// - Throws: `HarnessError` when the session could not begin at all; nothing is left changed then.
    public func run(_ talk: @escaping @Sendable (AttachControl) async -> Void) async throws -> Outcome {
        guard scenario.faults.isEmpty else {
            throw HarnessError(.invalidScenario, "\(scenario.id) has faults of its own: brink run is for those")
        }
        return try await session.run { try await self.converse(on: $0, talk) }
    }

    private func converse(
        on ground: GuardedSession.Ground, _ talk: @escaping @Sendable (AttachControl) async -> Void
    ) async throws -> (Verdict, String) {
        let events = ground.events
        var targets: [String: ResolvedTarget] = [:]
        for target in scenario.targets {
            targets[target.id] = try await ground.resolver.resolve(target, ground.services)
        }
        // What will be pressed is not known yet, so an OOM kill in any target may be meant.
        let instruments = try await Instruments(
            scenario: scenario, targets: targets, pressed: Set(targets.keys), on: ground)
        let load = try await LoadSetup(
            scenario: scenario, services: ground.services, run: ground.run, folder: ground.folder, start: ground.start
        ).make(recorder: instruments.measurements.recorder)
        let control = AttachControl(
            scenario: scenario, targets: targets, ground: ground, measurements: instruments.measurements, load: load)
        await instruments.begin()
        await load?.generator.begin()
        await session.enter(.baseline, events)
        let interval = scenario.sampling
        let sampling = Task {
            while !Task.isCancelled {
                let next = MonotonicClock.now() + interval
                await control.observe()
                ground.guardian.beat()
                let rest = next - MonotonicClock.now()
                if rest > .zero { try? await Task.sleep(for: rest) }
            }
        }
        await session.onInterruption { await control.stop($0) }
        await session.enter(.run, events)
        await talk(control)
        await control.undoAll()
        await load?.generator.end()
        sampling.cancel()
        await sampling.value
        await instruments.end()
        let (count, trouble) = await LedgerAccount.settle(load, events)
        return await verdict(control, count, trouble, instruments.measurements)
    }

    /// A client judges for itself; what no client can be meant to want is an error all the same.
    private func verdict(
        _ control: AttachControl, _ ledger: LedgerCount?, _ trouble: String?, _ measurements: RunMeasurements
    ) async -> (Verdict, String) {
        let states = await control.states
        if let reason = await control.stopping { return (.aborted, reason) }
        if let failure = await control.failures.first { return (.error, failure) }
        if let trouble { return (.error, trouble) }
        let values = OperandValues(
            measurements: measurements, faults: states, phases: await session.phases, ledger: ledger, findings: [],
            bypass: nil, outages: [], detection: nil, end: await control.now,
            hasSteadyState: scenario.steadyState != nil)
        let judge = Judge()
        let testimony = Testimony(findings: [], bypass: nil, trouble: trouble, values: values)
        let results = testimony.results(for: scenario.expectations)
        for result in results { await control.record(.expectation(result)) }
        let unseen = states.filter { !$0.value.isVerified }.map(\.key).sorted()
        let course: (Verdict, String) =
            unseen.isEmpty
            ? (.pass, "\(states.count) faults, each seen to take effect")
            : (.inconclusive, "not seen to take effect: \(unseen.joined(separator: ", "))")
        return judge.verdict(course.0, course.1, results)
    }
}
