import Events
import Faults
import LinuxSystem
import Scenarios
import Squeeze

/// Squeezes one resource of one target on guarded ground, to find the least that it can live on.
public actor SqueezeSession {
    private let request: SqueezeRequest
    private let knob: SqueezeKnob
    private let objective: Objective
    private let searchSettings: SqueezeSettings
    private let path: String
    private let session: GuardedSession
    /// What was found; nil when the search did not begin.
    public private(set) var result: SqueezeResult?

    /// - Parameters:
    ///   - objective: as a person wrote it, such as `latency.p99 < 50ms and errors.rate < 0.1%`.
    ///   - adjust: changes what the knob would be searched with: floor, ceiling, tolerance and so on.
    ///   - path: on the device whose IO is limited; only for the knob `io`.
    ///   - listener: shown every event as it happens.
    /// - Throws: for an objective that is none, and settings that make no sense.
    public init(
        _ request: SqueezeRequest, knob: SqueezeKnob, objective text: String, path: String = "/", options: RunOptions,
        settings: Settings, adjust: (inout SqueezeSettings) -> Void, listener: @escaping @Sendable (RunEvent) -> Void
    ) throws(HarnessError) {
        do throws(ObjectiveError) {
            objective = Objective(
                condition: try Condition.objective(text, targets: request.scenario.targets.map(\.id)))
        } catch {
            throw HarnessError(.usage, "--slo \(error)")
        }
        var search = SqueezeSettings(
            floor: knob.floor, ceiling: knob.ceiling, granularity: knob.granularity, unit: knob.unit)
        search.startFactor = knob.startFactor
        adjust(&search)
        try SqueezeSession.check(search, knob)
        try SqueezeSession.check(request, knob)
        self.knob = knob
        self.path = path
        searchSettings = search
        var request = request
        let kind = knob.name
        request.scenario.why = "The least \(kind) with which \(request.target) still meets: \(text)"
        request.scenario.id = "squeeze.\(request.target).\(kind)"
        let longest = Duration.seconds(search.longestSeconds)
        request.scenario.phases.run = longest
        if let seed = options.seed { request.scenario.seed = seed }
        self.request = request
        session = GuardedSession(
            scenario: request.scenario, options: options, settings: settings,
            longest: longest + request.timing.drain * 4 + .seconds(600), listener: listener)
    }

    private static func check(_ search: SqueezeSettings, _ knob: SqueezeKnob) throws(HarnessError) {
        guard search.floor > 0, search.floor < search.ceiling else {
            throw HarnessError(
                .usage,
                "the floor of \(knob.unit.text(search.floor)) must be more than nothing and less than the "
                    + "ceiling of \(knob.unit.text(search.ceiling))")
        }
    }

    private static func check(_ request: SqueezeRequest, _ knob: SqueezeKnob) throws(HarnessError) {
        let scenario = request.scenario
        guard let target = scenario.targets.first(where: { $0.id == request.target }),
            let schema = FaultRegistry.schemas.first(where: { $0.name == knob.fault })
        else { return }
        let kinds = target.kinds(services: scenario.services)
        guard schema.targets.isDisjoint(with: kinds) else { return }
        let wanted = schema.targets.sorted().map(\.rawValue).joined(separator: " or ")
        let given = kinds.sorted().map(\.rawValue).joined(separator: ", ")
        throw HarnessError(
            .usage, "\(knob.name) can be taken from a \(wanted) only; \(request.target) is: \(given)")
    }

    /// Ends the search early: the limit is taken back, then the exit code is the given one.
    public func interrupt(_ code: ExitCode) async {
        await session.interrupt(code)
    }

    /// Searches. Whatever happens inside, what was changed is undone before this returns or throws.
    /// - Throws: `HarnessError` when it could not begin at all; nothing is left changed then.
    public func run() async throws -> GuardedSession.Outcome {
        try await session.run { try await self.squeeze(on: $0) }
    }

    private func squeeze(on ground: GuardedSession.Ground) async throws -> (Verdict, String) {
        let scene = try await SqueezeScene(request, on: ground)
        await session.onInterruption { await scene.watch.stop($0) }
        let driver = SqueezeDriver(
            knob: knob, settings: searchSettings, target: scene.target, objective: objective, timing: request.timing,
            path: path, ground: ground, measurements: scene.instruments.measurements, watch: scene.watch)
        let subject = SqueezeSubject(
            target: request.target, knob: knob.name, fault: knob.fault, unit: knob.unit,
            objective: objective.condition.text)
        await scene.begin()
        var verdict: (Verdict, String)
        do {
            await session.enter(.baseline, ground.events)
            // A service that has just started is cold; whether it then holds is for the search to see.
            _ = await driver.waitUntilHolding(within: request.timing.drain)
            await session.enter(.run, ground.events)
            let found = try await driver.run(of: subject)
            result = found
            await ground.events.record(.squeezed(found))
            verdict = SqueezeSession.verdict(found)
        } catch {
            verdict = (.error, "\(error)")
            await ground.events.record(.message(Message(.error, "\(error)")))
        }
        if let reason = await scene.watch.stopReason, verdict.0 != .error { verdict = (.aborted, reason) }
        return await scene.end(verdict)
    }

    private static func verdict(_ result: SqueezeResult) -> (Verdict, String) {
        switch result.outcome {
        case .found, .neverFailed: (.pass, result.summary)
        case .failsAtCeiling, .objectiveNeverHeld, .nothingUsed, .unmeasured, .outOfPatience:
            (.inconclusive, result.summary)
        case .noRecovery, .interrupted: (.aborted, result.summary)
        }
    }
}
