import Baselines
import Events
import LinuxSystem
import Scenarios
import Workload

/// Measures a baseline on a scenario's services, on guarded ground: nothing is injected, but what was started ends.
public actor BaselineSession {
    private let request: BaselineRequest
    private let options: RunOptions
    private let settings: Settings
    private let session: GuardedSession
    private var work: Task<Baseline, any Error>?
    /// What was measured; nil when it did not come to that.
    public private(set) var baseline: Baseline?

    /// - Parameter listener: shown every event as it happens.
    public init(
        _ request: BaselineRequest, options: RunOptions, settings: Settings,
        listener: @escaping @Sendable (RunEvent) -> Void
    ) {
        self.request = request
        self.options = options
        self.settings = settings
        session = GuardedSession(
            scenario: request.scenario, options: options, settings: settings,
            longest: .seconds(request.expectedSeconds + 600), listener: listener)
    }

    /// Ends the measuring early; the exit code is the given one.
    public func interrupt(_ code: ExitCode) async {
        await session.interrupt(code)
    }

    /// - Throws: `HarnessError` when it could not begin at all.
    public func run() async throws -> GuardedSession.Outcome {
        try await session.run { try await self.measure(on: $0) }
    }

    private func measure(on ground: GuardedSession.Ground) async throws -> (Verdict, String) {
        await session.enter(.baseline, ground.events)
        let subject = try await BaselineSubject(of: ground.services)
        let work = BaselineWork(
            request: request, subject: subject, version: options.brinkVersion, cgroupRoot: settings.cgroupRoot,
            session: ground.run, load: Self.load(of: request.scenario, on: ground), start: ground.start,
            progress: { await ground.events.record(.message(Message(.info, $0))) })
        let task = Task { try await work.measure() }
        self.work = task
        await session.onInterruption { _ in task.cancel() }
        do {
            let measured = try await task.value
            baseline = measured
            return (.pass, "\(measured.metrics.count) metrics measured")
        } catch is CancellationError {
            return (.aborted, "the measuring was ended early")
        } catch {
            await ground.events.record(.message(Message(.error, "\(error)")))
            return (task.isCancelled ? .aborted : .error, "\(error)")
        }
    }

    /// Makes the scenario's own load anew for each run; nil when it has none.
    private static func load(of scenario: Scenario, on ground: GuardedSession.Ground) -> BaselineWork.MakeLoad? {
        guard scenario.load != nil else { return nil }
        return { run, recorder in
            let folder = "\(ground.services.folder)/load-\(run.keyPrefix)"
            try SystemFile.makeFolders(folder, mode: 0o700)
            let setup = LoadSetup(
                scenario: scenario, services: ground.services, run: "\(run.keyPrefix)-s", folder: folder,
                start: ground.start)
            return try await setup.make(recorder: recorder)
        }
    }
}
