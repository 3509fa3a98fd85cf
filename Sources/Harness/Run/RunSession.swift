import Engine
import Events
import Faults
import LinuxSystem
import Scenarios
import Workload

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
        let pressing = FaultRegistry.pressingMemory
        let instruments = try await Instruments(
            scenario: scenario, targets: targets,
            pressed: Set(scenario.faults.filter { pressing.contains($0.name) }.map(\.target)), on: ground)
        let load = try await LoadSetup(
            scenario: scenario, services: ground.services, run: ground.run, folder: ground.folder, start: ground.start
        ).make(recorder: instruments.measurements.recorder)
        let safety = try await SafetyWatch(
            scenario: scenario, targets: targets, services: ground.services, folder: ground.folder)
        let intruder = await BypassWatch(
            scenario: scenario, services: ground.services, start: ground.start
        ) { await events.record($0) }
        let doors = await OutageWatch(
            scenario: scenario, targets: targets, services: ground.services, start: ground.start)
        let alerts = AlertDesk(scenario, run: ground.run, sinks: alertSinks) { await events.record($0) }
        let prometheus = scenario.alerts.prometheus.map { PrometheusWatch($0, start: ground.start) }
        await instruments.begin()
        await prometheus?.begin(
            found: { await alerts.take(foreign: $0, at: $1) },
            complain: { await events.record(.message(Message(.warning, $0))) })
        doors.begin()
        let checks = safety?.begin()
        await load?.generator.begin()
        await intruder?.begin()
        let driver = RunDriver(
            scenario: scenario, injections: injections, start: ground.start, interval: scenario.sampling,
            observe: { [measurements = instruments.measurements] in
                let values = measurements.observe()
                await alerts.take(await events.record(.sample(Sample(values: values.now))))
                return values
            },
            beat: { ground.guardian.beat() },
            record: { [session] kind in
                if case .phase(let change) = kind {
                    await alerts.take(await session.enter(change.phase, events))
                } else {
                    await alerts.take(await events.record(kind))
                }
            })
        await session.onInterruption { await driver.interrupt($0) }
        let course = await driver.run()
        await load?.generator.end()
        await prometheus?.end()
        let detections = await alerts.end()
        for score in detections { await events.record(.detection(score)) }
        let bypass = await intruder?.end()
        await instruments.end()
        let end = (MonotonicClock.now() - ground.start).inSeconds
        if load != nil { await recordFigures(instruments.measurements.recorder, until: end, events) }
        let (outages, lines) = await doors.end(course.faults, load: load, instruments.measurements.recorder)
        for outage in outages { await events.record(.outage(outage)) }
        for line in lines { await events.record(.serverLog(line)) }
        let (ledger, trouble) = await LedgerAccount.settle(load, events)
        var findings: [DataSafetyFinding] = []
        if let safety, let checks { findings = await safety.end(checks, isAborted: course.verdict == .aborted) }
        for finding in findings { await events.record(.dataSafety(finding)) }
        if let bypass { await events.record(.bypass(bypass)) }
        var verdict = (course.verdict, course.reason)
        if let trouble, verdict.0 == .pass { verdict = (.error, trouble) }
        let values = OperandValues(
            measurements: instruments.measurements, faults: course.faults, phases: await session.phases,
            ledger: ledger, findings: findings, bypass: bypass, outages: outages,
            detection: detections.first { $0.rule == "any" }, end: end,
            hasSteadyState: scenario.steadyState != nil)
        // What was aborted before its end says nothing about expectations.
        guard verdict.0 != .aborted else { return verdict }
        let judge = Judge()
        let results =
            scenario.expectations.map { judge.judge($0, values.value(of:)) } + unmentioned(findings)
            + unmentioned(bypass)
        for result in results { await events.record(.expectation(result)) }
        return judge.verdict(verdict.0, verdict.1, results)
    }

    /// A check of the data that no expectation speaks of is expected to find nothing wrong.
    private func unmentioned(_ findings: [DataSafetyFinding]) -> [ExpectationResult] {
        let mentioned = scenario.expectations.flatMap(\.that.expression.operands).map(\.description)
        return findings.compactMap { finding in
            let name = finding.check.rawValue
            guard !mentioned.contains(where: { $0.hasPrefix("\(name).") }) else { return nil }
            return ExpectationResult(
                id: "dataSafety.\(name)", that: "\(name) finds nothing wrong", verdict: finding.verdict,
                values: Dictionary(uniqueKeysWithValues: finding.figures.map { ("\(name).\($0.key)", $0.value) }),
                detail: (finding.findings + finding.notes).prefix(3).joined(separator: "; "))
        }
    }

    /// Nobody is to get in without a right token, whether or not an expectation says so.
    private func unmentioned(_ bypass: BypassFinding?) -> [ExpectationResult] {
        let operands = scenario.expectations.flatMap(\.that.expression.operands)
        guard let bypass, !operands.contains(.metric("bypass.accepted")) else { return [] }
        return [
            ExpectationResult(
                id: "bypass", that: "nobody gets into \(bypass.service) without a right token",
                verdict: bypass.verdict,
                values: Dictionary(uniqueKeysWithValues: bypass.figures.map { ("bypass.\($0.key)", $0.value) }),
                detail: (bypass.findings + bypass.notes).prefix(3).joined(separator: "; "))
        ]
    }

    /// What the load met with in each phase, answers that came after the last one included.
    private func recordFigures(_ recorder: LoadRecorder, until end: Double, _ events: EventRecorder) async {
        let phases = await session.phases
        for (index, phase) in phases.enumerated() where [.baseline, .run, .recovery].contains(phase.phase) {
            let next = index + 1 < phases.count ? phases[index + 1].start : end
            await events.record(.load(recorder.figures(of: phase.phase, from: phase.start, to: next)))
        }
    }
}
