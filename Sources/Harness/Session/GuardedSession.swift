import Cgroups
import Engine
import Events
import Faults
import Foundation
import Journal
import LinuxSystem
import Scenarios

/// What every session that changes the host has in common: preflight, lock, journal, guardian, tree and services come
/// before its body; teardown, restoring and the last word about the host come after it, whatever the body does.
public actor GuardedSession {
    /// How a session ended.
    public struct Outcome: Sendable {
        public let verdict: Verdict
        public let reason: String
        public let exitCode: ExitCode
        /// The session's folder, with its events.
        public let folder: String
    }

    /// What a body works with: the services run and the guardian watches.
    struct Ground: Sendable {
        let run: String
        /// The session's zero on the monotonic clock.
        let start: Duration
        let folder: String
        let journal: JournalWriter
        let guardian: GuardianLink
        let services: ServiceLauncher
        let resolver: TargetResolver
        /// The harness's own cgroup.
        let control: Cgroup
        /// Folder of the cgroup that the harness came from.
        let home: String
        let events: EventRecorder
    }

    typealias Body = @Sendable (Ground) async throws -> (Verdict, String)

    private let scenario: Scenario
    private let options: RunOptions
    private let settings: Settings
    private let longest: Duration
    private let listener: @Sendable (RunEvent) -> Void
    private let id = RunIdentifier.make()
    private let start = MonotonicClock.now()
    /// The same moment: the run may be kept waiting for others before its first event.
    private let startedAt = Date.now
    private var interruption: ExitCode?
    /// Ends the body early; it takes back what it injected before it returns.
    private var stop: (@Sendable (String) async -> Void)?
    private var guardianLost: String?
    /// Each phase with its beginning in seconds; the next one's is its end.
    private(set) var phases: [(phase: PhaseChange.Phase, start: Double)] = []

    /// - Parameters:
    ///   - scenario: its services are started and its targets are the blast radius.
    ///   - longest: the longest the body may take; some time after that the guardian takes over.
    ///   - listener: shown every event as it happens.
    init(
        scenario: Scenario, options: RunOptions, settings: Settings, longest: Duration,
        listener: @escaping @Sendable (RunEvent) -> Void
    ) {
        self.scenario = scenario
        self.options = options
        self.settings = settings
        self.longest = longest
        self.listener = listener
    }

    /// Ends the session early: everything is taken back, then the exit code is the given one.
    func interrupt(_ code: ExitCode) async {
        interruption = interruption ?? code
        await stop?(GuardedSession.reason(of: code))
    }

    /// Says how the body is ended early. When that has been asked for already, it is at once.
    func onInterruption(_ stop: @escaping @Sendable (String) async -> Void) async {
        self.stop = stop
        if let guardianLost {
            await stop(guardianLost)
        } else if let interruption {
            await stop(GuardedSession.reason(of: interruption))
        }
    }

    /// A phase begins.
    @discardableResult
    func enter(_ phase: PhaseChange.Phase, _ events: EventRecorder) async -> RunEvent {
        phases.append((phase, (MonotonicClock.now() - start).inSeconds))
        return await events.record(.phase(PhaseChange(phase)))
    }

    /// Runs the body. Whatever happens inside, what was changed is undone before this returns or throws.
    /// - Throws: `HarnessError` when the session could not begin at all; nothing is left changed then.
    func run(_ body: Body) async throws -> Outcome {
        let hierarchy = try Preflight(settings: settings).require()
        do throws(SystemError) { try settings.runFolder.prepare() } catch {
            throw HarnessError(.preflight, "\(error)")
        }
        let lock: FileLock
        do throws(SystemError) {
            // The guardian of a run that has just died may still be at work, and holds the lock as long.
            lock = try FileLock(path: settings.runFolder.lockFile, waitingMilliseconds: 20_000)
        } catch {
            throw HarnessError(.preflight, "\(error)")
        }
        try recoverEarlierRuns()
        let folder = try makeRunFolder()
        let events = try EventRecorder(path: "\(folder)/events.jsonl", start: start, listener: listener)
        let outcome = try await run(in: folder, lock: lock.descriptorNumber, hierarchy, events, body)
        try settings.runFolder.prune()
        try lock.unlock()
        return outcome
    }

    // MARK: Beginning

    /// A run that died with its guardian left its journal open: undone before anything new begins.
    private func recoverEarlierRuns() throws {
        let recovery = Recovery(stateFolder: settings.runFolder)
        let summary = try settings.lane == nil ? recovery.replayAll() : recovery.replayOpenJournals()
        guard summary.residues.isEmpty else {
            throw HarnessError(
                .hostNotRestored,
                "an earlier run left changes that cannot be taken back: \(summary.residues.joined(separator: "; "))")
        }
    }

    private func makeRunFolder() throws -> String {
        let folder = "\(settings.outFolder)/\(id)"
        do throws(SystemError) {
            try SystemFile.makeFolders(settings.outFolder, mode: 0o755)
            try SystemFile.makeFolders(folder, mode: 0o700)
        } catch {
            throw HarnessError(.preflight, "\(error)")
        }
        return folder
    }

    private func run(
        in folder: String, lock: Int32, _ hierarchy: CgroupHierarchy, _ events: EventRecorder, _ body: Body
    ) async throws -> Outcome {
        let table = ProcessTable()
        let harness = try table.ownIdentity()
        let crashPoint = ProcessInfo.processInfo.environment["BRINK_CRASH_POINT"].flatMap(CrashPoint.init)
        let journal: JournalWriter
        do {
            journal = try JournalWriter.create(
                path: settings.runFolder.journal(of: id), run: id, harness: harness, crashPoint: crashPoint)
        } catch {
            throw HarnessError(.preflight, "\(error)")
        }
        await events.record(.started(runStart()))
        await enter(.setup, events)

        let home = "\(hierarchy.root)\(try table.cgroup(of: harness.pid) ?? "/")"
        var guardian: GuardianLink?
        var launcher: ServiceLauncher?
        var verdict = Verdict.error
        var reason = "the run did not begin"
        var preflightError: HarnessError?
        var beats: Task<Void, Never>?
        do {
            // Before the first change of all.
            let link = try GuardianLink.arm(
                run: id, journal: journal.path, lock: lock, home: home,
                deadline: settings.guardianDeadline ?? longest,
                silence: settings.heartbeatTimeout)
            guardian = link
            beats = Task { await self.beat(link, events) }
            if let lack = NeedsCheck(cgroupRoot: hierarchy.root).lack(of: scenario.about.needs) {
                throw UnmetNeed(description: lack)
            }
            let scratch = "/var/tmp/brink-\(id)"
            try ServiceLauncher.prepare(folder: scratch, journal: journal)
            // Before the tree as well: what uses a volume is killed before the volume is taken apart.
            let volumes = try await VolumeMaker(run: id, folder: scratch, journal: journal).make(for: scenario.services)
            let tree = try HostTree(hierarchy: hierarchy, journal: journal, slice: settings.slice)
            try tree.create()
            try link.enter(try hierarchy.cgroup("\(settings.slice)/guardian"))
            try SystemFile.writeOnce(
                "\(hierarchy.root)/\(settings.slice)/control/cgroup.procs", Array("\(harness.pid)".utf8))
            let services = ServiceLauncher(
                scenario: scenario, tree: tree, journal: journal, folder: scratch, volumes: volumes,
                templates: settings.templateFolder, weaknesses: options.weaknesses, guardian: link
            ) { await events.record($0) }
            launcher = services
            try await services.start()
            try checkInterruption()
            let protection = Protection(table: table, harness: harness.pid, companions: [link.identity.pid])
            (verdict, reason) = try await body(
                Ground(
                    run: id, start: start, folder: folder, journal: journal, guardian: link, services: services,
                    resolver: TargetResolver(
                        hierarchy: hierarchy, table: table, protection: protection, seed: scenario.seed),
                    control: try hierarchy.cgroup("\(settings.slice)/control"), home: home, events: events))
        } catch let unmet as UnmetNeed {
            (verdict, reason) = (.inconclusive, unmet.description)
            await events.record(.message(Message(.warning, unmet.description)))
        } catch {
            (verdict, reason) =
                interruption == nil ? (.error, "\(error)") : (.aborted, "interrupted before the run began")
            if interruption == nil { preflightError = error as? HarnessError ?? HarnessError(.preflight, "\(error)") }
            await events.record(.message(Message(.error, "\(error)")))
        }
        stop = nil
        if let guardianLost { (verdict, reason) = (.error, guardianLost) }

        await enter(.teardown, events)
        await launcher?.stop()
        do throws(SystemError) {
            try await launcher?.keepLogs(in: folder)
        } catch {
            await events.record(.message(Message(.warning, "logs were not kept: \(error)")))
        }
        let residues = await restore(hierarchy, journal, guardian, home: home, events)
        beats?.cancel()
        let changes = (try? Journal(path: journal.path).changes.count) ?? 0
        let code =
            preflightError.map { residues.isEmpty ? $0.code : .hostNotRestored }
            ?? ExitCode(verdict, hostRestored: residues.isEmpty, interruption: interruption)
        await events.record(
            .ended(
                RunEnd(
                    verdict: verdict, reason: reason, exitCode: code.rawValue, hostRestored: residues.isEmpty,
                    residues: residues, changes: changes)))
        return Outcome(verdict: verdict, reason: reason, exitCode: code, folder: folder)
    }

    /// Tells the guardian that the harness lives, and stops the run when the guardian does not: promise 3. A run that
    /// belongs to a suite does not outlive it either.
    private func beat(_ guardian: GuardianLink, _ events: EventRecorder) async {
        while !Task.isCancelled {
            guardian.beat()
            if !guardian.isAlive, phases.last?.phase != .teardown, guardianLost == nil {
                guardianLost = "the guardian is gone, so the run was stopped"
                await events.record(.message(Message(.error, guardianLost ?? "")))
                await stop?(guardianLost ?? "")
            }
            if let supervisor = options.supervisor, !ProcessTable().isRunning(supervisor), interruption == nil {
                await events.record(.message(Message(.error, "the suite that this run belongs to is gone")))
                await interrupt(.terminated)
            }
            do { try await Task.sleep(for: .milliseconds(200)) } catch { return }
        }
    }

    private func checkInterruption() throws {
        if let interruption { throw HarnessError(interruption, "interrupted") }
    }

    private static func reason(of code: ExitCode) -> String {
        code == .terminated ? "terminated (SIGTERM)" : "interrupted (Ctrl-C)"
    }

    private func runStart() -> RunStart {
        let faults = scenario.faults.map { fault in
            RunStart.PlannedFault(id: fault.id, name: fault.name, target: fault.target, schedule: fault.schedule)
        }
        return RunStart(
            format: 1, run: id, scenario: scenario.id, why: scenario.why, seed: scenario.seed,
            startedAt: startedAt.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)),
            brinkVersion: options.brinkVersion,
            environment: HostFacts.read(weaknesses: options.weaknesses, cgroupRoot: settings.cgroupRoot),
            phases: [
                "baseline": scenario.phases.baseline.inSeconds, "run": scenario.phases.run.inSeconds,
                "recovery": scenario.phases.recovery.inSeconds,
            ],
            faults: faults,
            checks: Dictionary(
                (scenario.steadyState?.checks ?? []).map { ($0.id, $0.condition.text) }, uniquingKeysWith: { $1 }),
            expectations: Dictionary(
                scenario.expectations.map { ($0.id, $0.that.text) }, uniquingKeysWith: { $1 }))
    }

    // MARK: Restoring

    /// Leaves the tree and lets the guardian take back what remains; then reads everything back.
    private func restore(
        _ hierarchy: CgroupHierarchy, _ journal: JournalWriter, _ guardian: GuardianLink?, home: String,
        _ events: EventRecorder
    ) async -> [String] {
        var residues: [String] = []
        if SystemFile.exists("\(hierarchy.root)/\(settings.slice)/control") {
            do throws(SystemError) { try CgroupMove.moveOwnProcess(to: home) } catch { residues.append("\(error)") }
        }
        do {
            if let guardian { try await Blocking.run { try guardian.disarm() } }
        } catch {
            residues.append("the guardian: \(error)")
        }
        do {
            let left = try Journal(path: journal.path)
            if !left.isClosed {
                // The guardian was never armed, or it is gone: do its work.
                do {
                    let summary = try await Blocking.run { try JournalReplay().run(left) }
                    residues += summary.residues.map { "\($0.change.owner): \($0.outcome)" }
                } catch {
                    // It undid what it could all the same; what it could not is read back below.
                    let text = "what was undone could not be recorded, so the next run will look at it again: \(error)"
                    await events.record(.message(Message(.warning, text)))
                }
            }
            let after = try Journal(path: journal.path)
            for residue in try JournalAudit().residues(of: after) where !residues.contains("\(residue)") {
                residues.append("\(residue)")
            }
        } catch {
            residues.append("\(error)")
        }
        return residues
    }
}
