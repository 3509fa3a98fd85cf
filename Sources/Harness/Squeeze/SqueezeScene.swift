import Events
import Faults
import Scenarios

/// What a squeeze and a trace both need: the target, the load on it, and the instruments that watch.
struct SqueezeScene: Sendable {
    let target: ResolvedTarget
    let instruments: Instruments
    let watch: SessionWatch
    private let load: LoadSetup.Prepared?
    private let events: EventRecorder

    /// - Throws: for a target that is not there or must not be hit, and a load that cannot be made.
    init(_ request: SqueezeRequest, on ground: GuardedSession.Ground) async throws {
        let scenario = request.scenario
        var targets: [String: ResolvedTarget] = [:]
        for target in scenario.targets {
            targets[target.id] = try await ground.resolver.resolve(target, ground.services)
        }
        guard let target = targets[request.target] else {
            throw HarnessError(.usage, "there is no target \"\(request.target)\"")
        }
        self.target = target
        events = ground.events
        // Whatever is taken from it: a target that is squeezed is the one that may suffer.
        instruments = try await Instruments(
            scenario: scenario, targets: targets, pressed: [request.target], on: ground)
        load = try await LoadSetup(
            scenario: scenario, services: ground.services, run: ground.run, folder: ground.folder, start: ground.start
        ).make(recorder: instruments.measurements.recorder)
        watch = SessionWatch(ground, instruments.measurements, aborts: scenario.aborts)
    }

    func begin() async {
        await instruments.begin()
        await load?.generator.begin()
        await watch.begin()
    }

    /// Ends load and instruments, and settles the account of acknowledged writes: a target that lost one has paid more
    /// than latency.
    func end(_ verdict: (Verdict, String)) async -> (Verdict, String) {
        await watch.end()
        await load?.generator.end()
        await instruments.end()
        let (ledger, trouble) = await LedgerAccount.settle(load, events)
        if let ledger, ledger.lost > 0, verdict.0 != .error {
            return (.fail, "\(ledger.lost) acknowledged writes were lost; \(verdict.1)")
        }
        if let trouble, verdict.0 == .pass { return (.error, trouble) }
        return verdict
    }
}
