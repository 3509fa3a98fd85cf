import Events

/// Takes the events of a run one by one and gives what they add up to.
struct ResultFold {
    private var outcome: RunResult
    /// Texts of the expectations of which no result has come yet.
    private var unjudged: [String: String] = [:]
    private var windows: [PhaseChange.Phase: SteadyStateSummary.PhaseShare] = [:]
    private var samples: [PhaseChange.Phase: [String: [Double]]] = [:]
    private var figures: [PhaseChange.Phase: LoadFigures] = [:]
    private var propagation = PropagationFold()
    private var amplification: [PhaseChange.Phase: AmplificationFold] = [:]
    private var sampleCounts: [PhaseChange.Phase: Int] = [:]

    init() {
        // An events file that lost its beginning still has a readable rest.
        outcome = RunResult(
            start: RunStart(
                format: 1, run: "", scenario: "", why: "", seed: 0, startedAt: "", brinkVersion: "", environment: [:],
                phases: [:], faults: [], checks: [:], expectations: [:]))
    }

    mutating func take(_ event: RunEvent) {
        // Clocks give more digits than they know.
        let time = (event.time * 1e6).rounded() / 1e6
        outcome.duration = max(outcome.duration, time)
        switch event.kind {
        case .started(let start):
            outcome = RunResult(start: start)
            unjudged = start.expectations
        case .phase(let change):
            closePhase(at: time)
            propagation.enter(change.phase)
            outcome.phases.append(PhaseResult(phase: change.phase, start: time, end: time))
        case .fault(let change): take(change, at: time)
        case .write(let write): outcome.writes.append(WriteRecord(write, at: time))
        case .sample(let sample):
            take(sample, at: time)
            propagation.take(sample, at: time)
        case .window(let window): take(window)
        case .oomKill(let kill):
            let active = outcome.faults.filter { $0.state == .injected }.map(\.id)
            outcome.oomKills.append(TimedOOMKill(kill, at: time, during: active))
        case .load(let load): figures[load.phase] = load
        case .ledger(let count): outcome.ledger = count
        case .dataSafety(let finding): outcome.dataSafety.append(finding)
        case .bypass(let finding): outcome.bypass = finding
        case .detection(let score): outcome.alerts.append(score)
        case .outage(let outage): outcome.outages.append(outage)
        case .serverLog(let line): outcome.serverLog.append(line)
        case .expectation(let result):
            outcome.expectations.append(ExpectationOutcome(result))
            unjudged[result.id] = nil
        case .message(let message):
            outcome.messages.append(TimedMessage(at: time, level: message.level, text: message.text))
        // What they were worth is told by `detection`.
        case .alert: break
        // Their results are files of their own; see `SqueezeFindings`.
        case .step, .squeezed, .estimate, .traced: break
        case .ended(let end): take(end)
        }
    }

    func result() -> RunResult {
        var result = outcome
        result.propagation = propagation.signals
        if let last = result.phases.indices.last { result.phases[last].end = result.duration }
        result.expectations += unjudged.sorted { $0.key < $1.key }.map {
            ExpectationOutcome(unjudged: $0.key, that: $0.value)
        }
        result.steadyState.phases = PhaseChange.Phase.allCases.compactMap { windows[$0] }
        // A workload of Brink's own asks the same server, and its transactions are none of the service's.
        let isAlone = !result.dataSafety.contains { $0.check != .integrity }
        result.load = PhaseChange.Phase.allCases.compactMap { phase in
            samples[phase].map { values in
                PhaseLoad(
                    phase: phase, samples: sampleCounts[phase, default: 0],
                    metrics: values.compactMapValues(PhaseLoad.Spread.init),
                    whole: figures[phase].map(PhaseLoad.Whole.init),
                    transactionsPerRequest: isAlone ? amplification[phase]?.perRequest : nil)
            }
        }
        return result
    }

    private mutating func closePhase(at time: Double) {
        if let last = outcome.phases.indices.last { outcome.phases[last].end = time }
    }

    private mutating func take(_ change: FaultChange, at time: Double) {
        if let index = outcome.faults.firstIndex(where: { $0.id == change.id }) {
            outcome.faults[index].take(change, at: time)
        } else {
            var fault = FaultResult(.init(id: change.id, name: "", target: "", schedule: ""))
            fault.take(change, at: time)
            outcome.faults.append(fault)
        }
    }

    private mutating func take(_ sample: Sample, at time: Double) {
        guard let phase = outcome.phases.last?.phase else { return }
        var isLoad = false
        for name in PhaseLoad.metricNames {
            guard let value = sample.values[name], value.isFinite else { continue }
            samples[phase, default: [:]][name, default: []].append(value)
            isLoad = true
        }
        if isLoad { sampleCounts[phase, default: 0] += 1 }
        amplification[phase, default: AmplificationFold()].take(sample, at: time)
    }

    private mutating func take(_ window: WindowVerdict) {
        guard let phase = outcome.phases.last?.phase else { return }
        var share =
            windows[phase]
            ?? SteadyStateSummary.PhaseShare(phase: phase, windows: 0, held: 0, share: 0, failing: [:])
        share.windows += 1
        if window.holds { share.held += 1 }
        for check in window.failing { share.failing[check, default: 0] += 1 }
        share.share = Double(share.held) / Double(share.windows)
        windows[phase] = share
    }

    private mutating func take(_ end: RunEnd) {
        outcome.interrupted = false
        outcome.verdict = end.verdict
        outcome.reason = end.reason
        outcome.exitCode = end.exitCode
        outcome.host = HostState(restored: end.hostRestored, residues: end.residues, changes: end.changes)
    }
}
