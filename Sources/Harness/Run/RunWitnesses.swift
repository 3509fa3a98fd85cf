import Engine
import Events
import Faults
import LinuxSystem
import Measurement
import Scenarios
import Workload

/// All that looks on while faults come and go: probes and load, alerts, and the checks of data, doors and tokens.
actor RunWitnesses {
    nonisolated let measurements: RunMeasurements
    private let scenario: Scenario
    private let start: Duration
    private let events: EventRecorder
    private let instruments: Instruments
    private let load: LoadSetup.Prepared?
    private let safety: SafetyWatch?
    private let intruder: BypassWatch?
    private let doors: OutageWatch
    private let alerts: AlertDesk
    private let prometheus: PrometheusWatch?
    private var checks: SafetyWatch.Running?

    /// - Throws: when one of them has nothing to look at.
    init(
        scenario: Scenario, targets: [String: ResolvedTarget], alertSinks: [AlertSink],
        on ground: GuardedSession.Ground
    ) async throws {
        let events = ground.events
        let pressing = FaultRegistry.pressingMemory
        self.scenario = scenario
        self.events = events
        start = ground.start
        instruments = try await Instruments(
            scenario: scenario, targets: targets,
            pressed: Set(scenario.faults.filter { pressing.contains($0.name) }.map(\.target)), on: ground)
        measurements = instruments.measurements
        load = try await LoadSetup(
            scenario: scenario, services: ground.services, run: ground.run, folder: ground.folder, start: ground.start
        ).make(recorder: instruments.measurements.recorder)
        safety = try await SafetyWatch(
            scenario: scenario, targets: targets, services: ground.services, folder: ground.folder)
        intruder = await BypassWatch(
            scenario: scenario, services: ground.services, start: ground.start
        ) { await events.record($0) }
        doors = await OutageWatch(
            scenario: scenario, targets: targets, services: ground.services, start: ground.start)
        alerts = AlertDesk(scenario, run: ground.run, sinks: alertSinks) { await events.record($0) }
        prometheus = scenario.alerts.prometheus.map { PrometheusWatch($0, start: ground.start) }
    }

    func begin() async {
        await instruments.begin()
        await prometheus?.begin(
            found: { [alerts] in await alerts.take(foreign: $0, at: $1) },
            complain: { [events] in await events.record(.message(Message(.warning, $0))) })
        doors.begin()
        checks = safety?.begin()
        await load?.generator.begin()
        await intruder?.begin()
    }

    /// Reads all probes, and lets the alert rules see what they say.
    func observe() async -> (now: [String: Double], window: [String: Double]) {
        let values = measurements.observe()
        await tell(await events.record(.sample(Sample(values: values.now))))
        return values
    }

    /// Lets the alert rules know of something that was recorded.
    func tell(_ event: RunEvent) async { await alerts.take(event) }

    /// Ends all of them, each after what it still depends on, and records what they found.
    /// - Parameters:
    ///   - faults: as the run left them.
    ///   - phases: when each began.
    ///   - isAborted: whether somebody wants the run to end now; the data is not looked at then.
    func end(
        faults: [String: RunMachine.FaultState], phases: [(phase: PhaseChange.Phase, start: Double)], isAborted: Bool
    ) async -> Testimony {
        await load?.generator.end()
        await prometheus?.end()
        let detections = await alerts.end(onTrial: await prometheus?.onTrial ?? [])
        for score in detections { await events.record(.detection(score)) }
        let bypass = await intruder?.end()
        await instruments.end()
        let end = (MonotonicClock.now() - start).inSeconds
        if load != nil { await recordFigures(phases, until: end) }
        let (outages, lines, remarks) = await doors.end(faults, load: load, measurements.recorder)
        for remark in remarks { await events.record(.message(Message(.warning, remark))) }
        for outage in outages { await events.record(.outage(outage)) }
        for line in lines { await events.record(.serverLog(line)) }
        let (ledger, trouble) = await LedgerAccount.settle(load, events)
        var findings: [DataSafetyFinding] = []
        if let safety, let checks { findings = await safety.end(checks, isAborted: isAborted) }
        for finding in findings { await events.record(.dataSafety(finding)) }
        if let bypass { await events.record(.bypass(bypass)) }
        return Testimony(
            findings: findings, bypass: bypass, trouble: trouble,
            values: OperandValues(
                measurements: measurements, faults: faults, phases: phases, ledger: ledger, findings: findings,
                bypass: bypass, outages: outages, detection: detections.first { $0.rule == "any" }, end: end,
                hasSteadyState: scenario.steadyState != nil))
    }

    /// What the load met with in each phase, answers that came after the last one included.
    private func recordFigures(
        _ phases: [(phase: PhaseChange.Phase, start: Double)], until end: Double
    ) async {
        for (index, phase) in phases.enumerated() where [.baseline, .run, .recovery].contains(phase.phase) {
            let next = index + 1 < phases.count ? phases[index + 1].start : end
            await events.record(.load(measurements.recorder.figures(of: phase.phase, from: phase.start, to: next)))
        }
    }
}
