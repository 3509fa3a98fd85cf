import Engine
import Events
import Faults
import LinuxSystem
import Scenarios

/// One run of a scenario on guarded ground: injects, measures, judges.
public actor RunSession {
    public typealias Outcome = GuardedSession.Outcome

    private let scenario: Scenario
    private let session: GuardedSession
    private let alertSinks: [AlertSink]

    /// - Parameter listener: shown every event as it happens.
    public init(
        scenario: Scenario, options: RunOptions, settings: Settings, listener: @escaping @Sendable (RunEvent) -> Void
    ) {
        var scenario = scenario
        if let seed = options.seed { scenario.seed = seed }
        self.scenario = scenario
        alertSinks = options.alertSinks
        // Setup, all phases and the time to undo, with room to spare; after that the guardian takes over.
        let longest =
            scenario.phases.baseline * 4 + scenario.phases.run + scenario.phases.recovery + .seconds(600)
        session = GuardedSession(
            scenario: scenario, options: options, settings: settings, longest: longest, listener: listener)
    }

    /// Ends the run early: everything is taken back, then the exit code is the given one.
    public func interrupt(_ code: ExitCode) async {
        await session.interrupt(code)
    }

    /// Runs the scenario. Whatever happens inside, what was changed is undone before this returns or throws.
    /// - Throws: `HarnessError` when the run could not begin at all; nothing is left changed then.
    public func run() async throws -> Outcome {
        try await session.run { try await self.inject(on: $0) }
    }

    private func inject(on ground: GuardedSession.Ground) async throws -> (Verdict, String) {
        let events = ground.events
        var targets: [String: ResolvedTarget] = [:]
        for target in scenario.targets {
            targets[target.id] = try await ground.resolver.resolve(target, ground.services)
        }
        var faults: [String: any Fault] = [:]
        for specification in scenario.faults {
            guard let target = targets[specification.target] else { continue }
            faults[specification.id] = try FaultRegistry.make(specification, on: target)
        }
        try await Rehearsal(scenario: scenario, targets: targets, faults: faults).run()
        let claims = Claims()
        var injections: [String: Injection] = [:]
        for (id, fault) in faults {
            injections[id] = Injection(id: id, fault: fault, journal: ground.journal, claims: claims) {
                await events.record($0)
            }
        }
        let witnesses = try await RunWitnesses(
            scenario: scenario, targets: targets, alertSinks: alertSinks, on: ground)
        await witnesses.begin()
        let driver = RunDriver(
            scenario: scenario, injections: injections, start: ground.start, interval: scenario.sampling,
            observe: { await witnesses.observe() },
            beat: { ground.guardian.beat() },
            record: { [session] kind in
                if case .phase(let change) = kind {
                    await witnesses.tell(await session.enter(change.phase, events))
                } else {
                    await witnesses.tell(await events.record(kind))
                }
            })
        await session.onInterruption { await driver.interrupt($0) }
        let course = await driver.run()
        let testimony = await witnesses.end(
            faults: course.faults, phases: await session.phases, isAborted: course.verdict == .aborted)
        var verdict = (course.verdict, course.reason)
        if let trouble = testimony.trouble, verdict.0 == .pass { verdict = (.error, trouble) }
        // What was aborted before its end says nothing about expectations.
        guard verdict.0 != .aborted else { return verdict }
        let results = testimony.results(for: scenario.expectations)
        for result in results { await events.record(.expectation(result)) }
        return Judge().verdict(verdict.0, verdict.1, results)
    }
}
