import Engine
import Events
import Faults
import Journal
import LinuxSystem
import Scenarios
import Squeeze

/// Carries out what the search says: each value is an injection like any other, journaled, read back and taken back.
actor SqueezeDriver {
    private let knob: SqueezeKnob
    private let target: ResolvedTarget
    private let objective: Objective
    private let timing: SqueezeRequest.Timing
    /// Says which device a limit of IO is meant for.
    private let path: String
    private let ground: GuardedSession.Ground
    private let measurements: RunMeasurements
    private let watch: SessionWatch
    private let figureNames: [String]
    private let claims = Claims()
    private var search: SqueezeSearch
    private var injection: Injection?
    private var applied: Double?
    private var injections = 0
    /// Mean figures of the reference windows that held.
    private var reference: [String: Double] = [:]
    private var referenceWindows = 0.0
    private var recorded = 0

    init(
        knob: SqueezeKnob, settings: SqueezeSettings, target: ResolvedTarget, objective: Objective,
        timing: SqueezeRequest.Timing, path: String, ground: GuardedSession.Ground, measurements: RunMeasurements,
        watch: SessionWatch
    ) {
        self.knob = knob
        self.target = target
        self.objective = objective
        self.timing = timing
        self.path = path
        self.ground = ground
        self.measurements = measurements
        self.watch = watch
        search = SqueezeSearch(settings)
        let own = [
            "memory.current", "memory.refaults.perSecond", "memory.pressure.some.share", "memory.pressure.full.share",
            "cpu.usage", "cpu.throttled", "cpu.pressure.some.share", "io.pressure.some.share",
            "io.rbytes.perSecond", "io.wbytes.perSecond", "pids", "descriptors.most",
        ]
        let load = ["latency.p50", "latency.p99", "throughput", "errors.rate"]
        let ofTarget = (own + knob.usage).map { "\(target.id).\($0)" }
        figureNames = Array(Set(ofTarget + load + objective.metrics)).sorted()
    }

    /// Searches until the end or until the watch says stop. No limit is left when it returns.
    /// - Throws: when a limit could not be set or taken back.
    func run(of subject: SqueezeSubject) async throws -> SqueezeResult {
        do {
            try await go()
        } catch {
            // What stopped it is told; a limit that stays as well is told by the session's last look at the host.
            try? await lift()
            throw error
        }
        try await lift()
        return search.result(of: subject)
    }

    private func go() async throws {
        var action = search.handle(.begin, at: MonotonicClock.now())
        while action != .finish {
            let input: SqueezeSearch.Input
            switch action {
            case .measure(let trial): input = .measured(try await measure(trial))
            case .drain: input = try await drain()
            case .finish: return
            }
            // A window that was cut short says nothing.
            guard await watch.stopReason == nil else { return }
            action = search.handle(input, at: MonotonicClock.now())
            await recordSteps(all: action != .drain)
        }
    }

    /// Steps are recorded when nothing more will be said of them: after the drain, where one follows.
    private func recordSteps(all: Bool) async {
        guard all else { return }
        for step in search.steps[recorded...] { await ground.events.record(.step(step)) }
        recorded = search.steps.count
    }

    // MARK: Measuring

    private func measure(_ trial: Trial) async throws -> TrialOutcome {
        let before = await watch.latest
        let began = watch.seconds
        try await apply(trial.value)
        let isLimited = trial.value != nil
        let hitsWall = { @Sendable [knob, id = target.id] (now: [String: Double]) in
            isLimited && knob.wall(of: id, before: before, now: now) != nil
        }
        let isSettled = await watch.pass(timing.settle, unless: hitsWall)
        let from = isSettled ? watch.seconds : began
        if isSettled { _ = await watch.pass(timing.window, unless: hitsWall) }
        let ended = watch.seconds
        let figures = figures(from: from, to: ended)
        var outcome = TrialOutcome(
            holds: objective.holds(figures), figures: figures, evidence: try await evidence(), began: began,
            ended: ended)
        if isLimited { outcome.wall = knob.wall(of: target.id, before: before, now: await watch.latest) }
        judge(&outcome, trial)
        return outcome
    }

    private func judge(_ outcome: inout TrialOutcome, _ trial: Trial) {
        guard trial.value != nil else {
            outcome.usage = knob.usage.compactMap { outcome.figures["\(target.id).\($0)"] }.max()
            outcome.burden = outcome.holds == true ? 0 : nil
            if outcome.holds == true { learnReference(outcome.figures) }
            if outcome.holds == nil { outcome.remark = missing(in: outcome.figures) }
            return
        }
        outcome.burden = objective.burden(outcome.figures, reference: reference)
        if outcome.wall != nil {
            outcome.holds = false
        } else if outcome.holds == nil {
            outcome.remark = missing(in: outcome.figures)
        } else if outcome.holds == false, outcome.evidence == nil {
            // What fails while the limit does not bind fails of something else.
            outcome.holds = nil
            outcome.remark = "it failed, but the limit was not seen to take effect"
        }
    }

    private func missing(in figures: [String: Double]) -> String {
        let names = Set(objective.metrics).subtracting(figures.keys).sorted()
        return "not measured: \(names.joined(separator: ", "))"
    }

    private func learnReference(_ figures: [String: Double]) {
        referenceWindows += 1
        reference.merge(figures) { old, new in old + (new - old) / referenceWindows }
    }

    private func figures(from: Double, to: Double) -> [String: Double] {
        var figures: [String: Double] = [:]
        for name in figureNames { figures[name] = measurements.value(of: name, from: from, to: to) }
        return figures
    }

    private func evidence() async throws -> String? {
        if case .seen(let evidence)? = try await injection?.verify() { evidence } else { nil }
    }

    /// Takes the limit away and waits until a whole window since then holds.
    private func drain() async throws -> SqueezeSearch.Input {
        let start = watch.seconds
        try await lift()
        let hasRecovered = await waitUntilHolding(within: timing.drain)
        return .drained(hasRecovered: hasRecovered, seconds: watch.seconds - start)
    }

    /// Waits until the objective holds over a window that began with the wait, or later.
    func waitUntilHolding(within limit: Duration) async -> Bool {
        let end = MonotonicClock.now() + max(limit, timing.window)
        var rest = timing.window
        while await watch.pass(rest) {
            let now = watch.seconds
            let figures = figures(from: now - timing.window / .seconds(1), to: now)
            if objective.holds(figures) == true { return true }
            guard MonotonicClock.now() < end else { return false }
            rest = .milliseconds(500)
        }
        return false
    }

    // MARK: Limits

    private func apply(_ value: Double?) async throws {
        guard value != applied else { return }
        try await lift()
        guard let value else { return }
        injections += 1
        let specification = FaultSpecification(
            id: "step-\(injections)", name: knob.fault, target: target.id, trigger: .at(.zero), duration: nil,
            parameters: Parameters(knob.parameters(value, path)))
        let fault = try FaultRegistry.make(specification, on: target)
        let injection = Injection(
            id: specification.id, fault: fault, journal: ground.journal, claims: claims
        ) { [events = ground.events] in await events.record($0) }
        _ = try await injection.inject(due: MonotonicClock.now())
        self.injection = injection
        applied = value
    }

    private func lift() async throws {
        guard let injection else { return }
        self.injection = nil
        applied = nil
        // Unstructured on purpose: taking back must not be cancelled with anything else.
        let outcomes = await Task { await injection.undo() }.value
        let residues = outcomes.filter(\.isResidue).map(\.description)
        guard residues.isEmpty else {
            throw FaultError("a limit could not be taken back: \(residues.joined(separator: "; "))")
        }
    }
}
