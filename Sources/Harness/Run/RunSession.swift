import Cgroups
import Engine
import Events
import Faults
import Foundation
import Journal
import LinuxSystem
import Measurement
import Scenarios
import Workload

/// One run from preflight to the last word about the host: lays out, starts, injects, measures, undoes, judges.
public actor RunSession {
    /// How a run ended.
    public struct Outcome: Sendable {
        public let verdict: Verdict
        public let reason: String
        public let exitCode: ExitCode
        /// The run's folder, with its reports.
        public let folder: String
    }

    private let scenario: Scenario
    private let options: RunOptions
    private let settings: Settings
    private let listener: @Sendable (RunEvent) -> Void
    private let id: String
    private let start = MonotonicClock.now()
    private var interruption: ExitCode?
    private var driver: RunDriver?
    private var guardianLost: String?
    private var phases: [(phase: PhaseChange.Phase, start: Double)] = []

    /// - Parameter listener: shown every event as it happens.
    public init(
        scenario: Scenario, options: RunOptions, settings: Settings, listener: @escaping @Sendable (RunEvent) -> Void
    ) {
        var scenario = scenario
        if let seed = options.seed { scenario.seed = seed }
        self.scenario = scenario
        self.options = options
        self.settings = settings
        self.listener = listener
        self.id = RunIdentifier.make()
    }

    /// Ends the run early: everything is taken back, then the exit code is the given one.
    public func interrupt(_ code: ExitCode) async {
        interruption = interruption ?? code
        await driver?.interrupt(code == .terminated ? "terminated (SIGTERM)" : "interrupted (Ctrl-C)")
    }

    /// Runs the scenario. Whatever happens inside, what was changed is undone before this returns or throws.
    /// - Throws: `HarnessError` when the run could not begin at all; nothing is left changed then.
    public func run() async throws -> Outcome {
        let hierarchy = try Preflight(settings: settings).require()
        do throws(SystemError) { try settings.stateFolder.prepare() } catch {
            throw HarnessError(.preflight, "\(error)")
        }
        let lock: FileLock
        do throws(SystemError) {
            // The guardian of a run that has just died may still be at work, and holds the lock as long.
            lock = try FileLock(path: settings.stateFolder.lockFile, waitingMilliseconds: 20_000)
        } catch {
            throw HarnessError(.preflight, "\(error)")
        }
        try recoverEarlierRuns()
        let folder = try makeRunFolder()
        let events = try EventRecorder(path: "\(folder)/events.jsonl", start: start, listener: listener)
        let outcome = try await run(in: folder, lock: lock.descriptorNumber, hierarchy, events)
        try settings.stateFolder.prune()
        try lock.unlock()
        return outcome
    }

    // MARK: Beginning

    /// A run that died with its guardian left its journal open: undone before anything new begins.
    private func recoverEarlierRuns() throws {
        let summary = try Recovery(stateFolder: settings.stateFolder).replayOpenJournals()
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
        in folder: String, lock: Int32, _ hierarchy: CgroupHierarchy, _ events: EventRecorder
    ) async throws -> Outcome {
        let table = ProcessTable()
        let harness = try table.ownIdentity()
        let crashPoint = ProcessInfo.processInfo.environment["BRINK_CRASH_POINT"].flatMap(CrashPoint.init)
        let journal: JournalWriter
        do {
            journal = try JournalWriter.create(
                path: settings.stateFolder.journal(of: id), run: id, harness: harness, crashPoint: crashPoint)
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
                journal: journal.path, lock: lock, home: home, deadline: longestDuration,
                silence: settings.heartbeatTimeout)
            guardian = link
            beats = Task { await self.beat(link, events) }
            let scratch = "/var/tmp/brink-\(id)"
            try ServiceLauncher.prepare(folder: scratch, journal: journal)
            let tree = try HostTree(hierarchy: hierarchy, journal: journal)
            try tree.create()
            try link.enter(try hierarchy.cgroup("\(HostTree.slice)/guardian"))
            try SystemFile.writeOnce(
                "\(hierarchy.root)/\(HostTree.slice)/control/cgroup.procs", Array("\(harness.pid)".utf8))
            let services = ServiceLauncher(
                scenario: scenario, tree: tree, journal: journal, folder: scratch,
                weaknesses: options.weaknesses
            ) { await events.record($0) }
            launcher = services
            try await services.start()
            try checkInterruption()
            let protection = Protection(table: table, harness: harness.pid, companions: [link.identity.pid])
            let resolver = TargetResolver(hierarchy: hierarchy, table: table, protection: protection)
            (verdict, reason) = try await inject(
                resolver, services, control: try hierarchy.cgroup("\(HostTree.slice)/control"), journal, link, folder,
                events)
        } catch {
            (verdict, reason) =
                interruption == nil ? (.error, "\(error)") : (.aborted, "interrupted before the run began")
            if interruption == nil { preflightError = error as? HarnessError ?? HarnessError(.preflight, "\(error)") }
            await events.record(.message(Message(.error, "\(error)")))
        }
        driver = nil
        if let guardianLost { (verdict, reason) = (.error, guardianLost) }

        await enter(.teardown, events)
        await launcher?.stop()
        do throws(SystemError) {
            try await launcher?.keepLogs(in: folder)
        } catch {
            await events.record(.message(Message(.warning, "logs were not kept: \(error)")))
        }
        let residues = await restore(hierarchy, journal, guardian, home: home, harness.pid)
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

    /// Tells the guardian that the harness lives, and stops the run when the guardian does not: promise 3.
    private func beat(_ guardian: GuardianLink, _ events: EventRecorder) async {
        while !Task.isCancelled {
            guardian.beat()
            if !guardian.isAlive, phases.last?.phase != .teardown, guardianLost == nil {
                guardianLost = "the guardian is gone, so the run was stopped"
                await events.record(.message(Message(.error, guardianLost ?? "")))
                await driver?.interrupt(guardianLost ?? "")
            }
            do { try await Task.sleep(for: .milliseconds(200)) } catch { return }
        }
    }

    /// Setup, all phases and the time to undo, with room to spare; after that the guardian takes over.
    private var longestDuration: Duration {
        scenario.phases.baseline * 4 + scenario.phases.run + scenario.phases.recovery + .seconds(600)
    }

    private func checkInterruption() throws {
        if let interruption { throw HarnessError(interruption, "interrupted") }
    }

    private func runStart() -> RunStart {
        let faults = scenario.faults.map { fault in
            RunStart.PlannedFault(id: fault.id, name: fault.name, target: fault.target, schedule: fault.schedule)
        }
        return RunStart(
            format: 1, run: id, scenario: scenario.id, why: scenario.why, seed: scenario.seed,
            startedAt: Date.now.formatted(.iso8601), brinkVersion: options.brinkVersion,
            environment: HostFacts.read(weaknesses: options.weaknesses),
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

    private func enter(_ phase: PhaseChange.Phase, _ events: EventRecorder) async {
        phases.append((phase, (MonotonicClock.now() - start).inSeconds))
        await events.record(.phase(PhaseChange(phase)))
    }

    // MARK: Injecting

    private func inject(
        _ resolver: TargetResolver, _ services: ServiceLauncher, control: Cgroup, _ journal: JournalWriter,
        _ guardian: GuardianLink, _ folder: String, _ events: EventRecorder
    ) async throws -> (Verdict, String) {
        var targets: [String: ResolvedTarget] = [:]
        for target in scenario.targets { targets[target.id] = try await resolver.resolve(target, services) }
        let claims = Claims()
        var injections: [String: Injection] = [:]
        for specification in scenario.faults {
            guard let target = targets[specification.target] else { continue }
            let fault = try FaultRegistry.make(specification, on: target)
            injections[specification.id] = Injection(
                id: specification.id, fault: fault, journal: journal, claims: claims
            ) { await events.record($0) }
        }
        let instruments = await Instruments(
            scenario: scenario, targets: targets, services: services, control: control, start: start)
        let load = try await LoadSetup(scenario: scenario, services: services, run: id, folder: folder, start: start)
            .make(recorder: instruments.measurements.recorder)
        await instruments.begin()
        await load?.generator.begin()
        let driver = RunDriver(
            scenario: scenario, injections: injections, start: start,
            observe: { [measurements = instruments.measurements] in
                let values = measurements.observe()
                await events.record(.sample(Sample(values: values.now)))
                return values
            },
            beat: { guardian.beat() },
            record: { [weak self] kind in
                if case .phase(let change) = kind {
                    await self?.enter(change.phase, events)
                } else {
                    await events.record(kind)
                }
            })
        self.driver = driver
        if let interruption { await interrupt(interruption) }
        let course = await driver.run()
        await load?.generator.end()
        await instruments.end()
        let end = (MonotonicClock.now() - start).inSeconds
        var verdict = (course.verdict, course.reason)
        var ledger: LedgerCount?
        if let load {
            do {
                ledger = try await load.settle()
                if let ledger { await events.record(.ledger(ledger)) }
            } catch {
                if verdict.0 == .pass { verdict = (.error, "the ledger could not be checked: \(error)") }
                await events.record(.message(Message(.error, "the ledger could not be checked: \(error)")))
            }
        }
        let values = OperandValues(
            measurements: instruments.measurements, faults: course.faults, phases: phases, ledger: ledger, end: end,
            hasSteadyState: scenario.steadyState != nil)
        // What was aborted before its end says nothing about expectations.
        guard verdict.0 != .aborted else { return verdict }
        let judge = Judge()
        let results = scenario.expectations.map { judge.judge($0, values.value(of:)) }
        for result in results { await events.record(.expectation(result)) }
        return judge.verdict(verdict.0, verdict.1, results)
    }

    // MARK: Restoring

    /// Leaves the tree and lets the guardian take back what remains; then reads everything back.
    private func restore(
        _ hierarchy: CgroupHierarchy, _ journal: JournalWriter, _ guardian: GuardianLink?, home: String, _ pid: Int32
    ) async -> [String] {
        var residues: [String] = []
        if SystemFile.exists("\(hierarchy.root)/\(HostTree.slice)/control") {
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
                let summary = try await Blocking.run { try JournalReplay().run(left) }
                residues += summary.residues.map { "\($0.change.owner): \($0.outcome)" }
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
