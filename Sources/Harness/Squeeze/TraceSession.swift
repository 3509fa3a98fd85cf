import Cgroups
import Engine
import Events
import Faults
import Glibc
import LinuxSystem
import Scenarios
import Squeeze

/// Follows the working set of a target on guarded ground: takes away gently what it does not use, and squeezes nothing.
public actor TraceSession {
    private let request: SqueezeRequest
    private let interval: Duration
    private let session: GuardedSession
    private var tracker: WorkingSetTracker
    private let claims = Claims()
    private var reclaims = 0
    /// What was found; nil when the trace did not begin.
    public private(set) var result: TraceResult?

    /// - Parameters:
    ///   - interval: length of a round.
    ///   - longest: then what is known is the answer.
    ///   - listener: shown every event as it happens.
    public init(
        _ request: SqueezeRequest, interval: Duration, longest: Duration, options: RunOptions, settings: Settings,
        listener: @escaping @Sendable (RunEvent) -> Void
    ) {
        var request = request
        request.scenario.why = "How much memory \(request.target) works with"
        request.scenario.id = "trace.\(request.target).memory"
        request.scenario.phases.run = longest
        self.request = request
        self.interval = interval
        var trackerSettings = WorkingSetTracker.Settings()
        trackerSettings.maximumRounds = max(Int(longest / interval), trackerSettings.steadyRounds)
        tracker = WorkingSetTracker(trackerSettings)
        session = GuardedSession(
            scenario: request.scenario, options: options, settings: settings, longest: longest + .seconds(600),
            listener: listener)
    }

    /// Ends the trace early; the exit code is the given one.
    public func interrupt(_ code: ExitCode) async {
        await session.interrupt(code)
    }

    /// Traces. Nothing is left changed when this returns or throws: reclaim sets no limit, and what was reclaimed comes
    /// back when it is used.
    public func run() async throws -> GuardedSession.Outcome {
        try await session.run { try await self.trace(on: $0) }
    }

    private func trace(on ground: GuardedSession.Ground) async throws -> (Verdict, String) {
        let scene = try await SqueezeScene(request, on: ground)
        guard let cgroup = scene.target.cgroup else {
            throw HarnessError(
                .usage,
                "\(request.target) is a process: only a cgroup's memory can be traced; give cgroup:PATH, "
                    + "container:NAME or unit:NAME")
        }
        guard SystemFile.exists(cgroup.file("memory.reclaim")) else {
            throw HarnessError(
                .preflight, "\(cgroup) has no memory.reclaim: tracing needs Linux 5.19 and the memory controller")
        }
        await session.onInterruption { await scene.watch.stop($0) }
        await scene.begin()
        await session.enter(.run, ground.events)
        var verdict: (Verdict, String)
        do {
            try await follow(scene.target, cgroup, scene.watch, ground)
            let found = TraceResult(target: request.target, tracker)
            result = found
            await ground.events.record(.traced(found))
            let summary = found.lines.prefix(2).joined(separator: ", ")
            verdict = (found.isSteady ? .pass : .inconclusive, summary)
        } catch {
            verdict = (.error, "\(error)")
            await ground.events.record(.message(Message(.error, "\(error)")))
        }
        if let reason = await scene.watch.stopReason, verdict.0 != .error { verdict = (.aborted, reason) }
        return await scene.end(verdict)
    }

    private func follow(
        _ target: ResolvedTarget, _ cgroup: Cgroup, _ watch: SessionWatch, _ ground: GuardedSession.Ground
    ) async throws {
        var before = try counters(of: cgroup)
        var start = MonotonicClock.now()
        while await watch.pass(interval) {
            let now = try counters(of: cgroup)
            let moment = MonotonicClock.now()
            let stalled = (now.stalled - before.stalled) / ((moment - start) / .microseconds(1))
            let reading = WorkingSetTracker.Reading(
                time: watch.seconds, current: Double(try cgroup.readNumber("memory.current") ?? 0),
                stalled: max(stalled, 0), refaulted: max(now.refaulted - before.refaulted, 0))
            (before, start) = (now, moment)
            let action = tracker.handle(reading)
            if let estimate = tracker.estimates.last { await ground.events.record(.estimate(estimate)) }
            switch action {
            case .reclaim(let bytes): try await reclaim(bytes, from: target, ground)
            case .wait: continue
            case .finish: return
            }
        }
    }

    /// Microseconds that some task stalled on memory, and bytes read in again, both since the cgroup was made.
    private func counters(of cgroup: Cgroup) throws(SystemError) -> (stalled: Double, refaulted: Double) {
        let stall = PressureStall(try cgroup.read("memory.pressure"))
        let pages = try cgroup.readCounters("memory.stat", ["workingset_refault_anon", "workingset_refault_file"])
        let refaulted = pages.compactMap(\.self).reduce(0, +)
        return (Double(stall?.some.totalMicroseconds ?? 0), Double(refaulted) * Double(sysconf(Int32(_SC_PAGESIZE))))
    }

    /// Asks the kernel once, as an injection like any other.
    private func reclaim(
        _ bytes: Double, from target: ResolvedTarget, _ ground: GuardedSession.Ground
    ) async throws {
        reclaims += 1
        let specification = FaultSpecification(
            id: "reclaim-\(reclaims)", name: "memory.reclaim", target: target.id, trigger: .at(.zero), duration: nil,
            parameters: Parameters(["size": .bytes(UInt64(bytes))]))
        let injection = Injection(
            id: specification.id, fault: try FaultRegistry.make(specification, on: target), journal: ground.journal,
            claims: claims
        ) { [events = ground.events] in await events.record($0) }
        // It leaves nothing to be taken back: what is used comes back by itself.
        _ = try await injection.inject(due: MonotonicClock.now())
    }
}
