import Consistency
import ConsistencyWorkload
import Engine
import Events
import Faults
import LinuxSystem
import Postgres
import Scenarios

/// The checks of a run's data: workloads that run beside its load, and a look at all that is stored afterwards.
struct SafetyWatch: Sendable {
    private let safety: DataSafety
    private let access: DatabaseAccess
    private let connection: String
    private let seed: UInt64
    /// An existing folder for a dump.
    private let folder: String

    /// Workloads that are under way.
    struct Running: Sendable {
        fileprivate let listAppend: Task<ListAppendRun, any Error>?
        fileprivate let bank: Task<BankRun, any Error>?
        fileprivate let phenomena: Task<PhenomenonRun, Never>?
    }

    /// Longer than any run; they are told when to stop.
    private static let longest = Duration.seconds(86_400)

    /// - Returns: nil for a scenario without such checks.
    init?(
        scenario: Scenario, targets: [String: ResolvedTarget], services: ServiceLauncher, folder: String
    ) async throws {
        guard let safety = scenario.dataSafety, let access = targets[safety.target]?.database else { return nil }
        self.safety = safety
        self.access = access
        self.folder = folder
        seed = scenario.seed
        var reference = safety.through
        if reference == nil, case .service(let id)? = scenario.targets.first(where: { $0.id == safety.target })?.kind {
            // As an ordinary role, like the service.
            reference = id
        }
        connection =
            try await reference.asyncMap { try await services.connection(toReference: $0) } ?? access.connection
    }

    func begin() -> Running {
        Running(
            listAppend: safety.listAppend.map { workload in
                Task { try await ListAppendWorkload(connection, options: options(workload)).run() }
            },
            bank: safety.bank.map { workload in
                // Below repeatable read only what one statement does is whole: transfers that compute in the server, and
                // sums that are read at once.
                let isWeak = workload.promises == "read-committed"
                let bank = BankWorkload(
                    connection, options: options(workload), transfer: isWeak ? .relative : .readThenWrite,
                    readsAtOnce: isWeak)
                return Task { try await bank.run() }
            },
            phenomena: safety.phenomena.map { workload in
                let trials = PhenomenonWorkload(
                    connection, level: IsolationLevel(rawValue: workload.isolation) ?? .serializable,
                    pause: workload.pause)
                return Task { await trials.run() }
            })
    }

    /// Ends the workloads, judges them, and looks at what is stored.
    /// - Parameter isAborted: whether somebody wants the run to end now; then there are no findings.
    func end(_ running: Running, isAborted: Bool) async -> [DataSafetyFinding] {
        running.listAppend?.cancel()
        running.bank?.cancel()
        running.phenomena?.cancel()
        guard !isAborted else {
            // Their tables are still dropped.
            _ = await running.listAppend?.result
            _ = await running.bank?.result
            _ = await running.phenomena?.value
            return []
        }
        var findings: [DataSafetyFinding] = []
        if let task = running.listAppend, let workload = safety.listAppend {
            findings.append(await judge(.listAppend) { try judge(await task.value, workload) })
        }
        if let task = running.bank, let workload = safety.bank {
            findings.append(await judge(.bank) { judge(try await task.value, workload) })
        }
        if let task = running.phenomena, let workload = safety.phenomena {
            findings.append(judge(await task.value, workload))
        }
        if safety.integrity { findings.append(await judge(.integrity, lookAtAll)) }
        return findings
    }

    private func options(_ workload: DataSafety.Workload) -> WorkloadOptions {
        var options = WorkloadOptions(
            level: IsolationLevel(rawValue: workload.isolation) ?? .serializable, clients: workload.clients, seed: seed,
            transactions: .max, duration: SafetyWatch.longest)
        options.pause = workload.pause
        return options
    }

    private func judge(
        _ check: DataSafetyFinding.Check, _ body: () async throws -> DataSafetyFinding
    ) async -> DataSafetyFinding {
        do {
            return try await body()
        } catch {
            return DataSafetyFinding(
                check: check, verdict: .inconclusive, figures: [:], findings: [], notes: ["could not be made: \(error)"]
            )
        }
    }

    // MARK: Judging

    private func judge(_ run: ListAppendRun, _ workload: DataSafety.Workload) throws -> DataSafetyFinding {
        let report = try ListAppendCheck().check(run.history)
        let promise = IsolationLevel(rawValue: workload.promises) ?? .serializable
        let broken = report.anomalies.filter { $0.kind.forbiddenFrom <= promise }
        let kinds = ListAppendAnomaly.Kind.allCases.filter { $0.forbiddenFrom <= promise }
        let count = kinds.reduce(0) { $0 + report.count(of: $1) }
        // Without the last read an append may be lost unseen.
        let isWhole = report.isConclusive && report.isExhaustive && run.tally.lastReadFailure == nil
        return DataSafetyFinding(
            check: .listAppend, verdict: count > 0 ? .fail : isWhole ? .pass : .inconclusive,
            figures: [
                "anomalies": Double(count), "committed": Double(run.tally.committed),
                "aborted": Double(run.tally.aborted), "unknown": Double(run.tally.unknown),
                "lost": Double(report.count(of: .lostAppend)), "reconnects": Double(run.tally.reconnects),
            ],
            findings: broken.prefix(20).map(\.description),
            notes: notes(run.tally, workload)
                + (report.isExhaustive ? [] : ["the history has too many cycles for all of them to be looked at"]))
    }

    private func judge(_ run: BankRun, _ workload: DataSafety.Workload) -> DataSafetyFinding {
        let report = run.report
        let promise = IsolationLevel(rawValue: workload.promises) ?? .serializable
        let isWrong = report.violates(promise)
        let isWhole = report.isConclusive && run.tally.lastReadFailure == nil
        return DataSafetyFinding(
            check: .bank, verdict: isWrong ? .fail : isWhole ? .pass : .inconclusive,
            figures: [
                "wrong": isWrong ? Double(report.findings.count) : 0, "reads": Double(report.reads),
                "committed": Double(run.tally.committed), "unknown": Double(run.tally.unknown),
                "reconnects": Double(run.tally.reconnects),
            ],
            findings: isWrong ? report.findings.prefix(20).map(\.description) : [], notes: notes(run.tally, workload))
    }

    private func judge(_ run: PhenomenonRun, _ workload: DataSafety.Workload) -> DataSafetyFinding {
        let promise = IsolationLevel(rawValue: workload.promises) ?? .serializable
        let violations = run.violations(of: promise)
        var notes = ["\(workload.isolation) judged as \(workload.promises)"]
        if let failure = run.lastFailure {
            notes.append("\(run.failures) rounds could not be made; the last that was in the way: \(failure)")
        }
        return DataSafetyFinding(
            check: .phenomena,
            verdict: !violations.isEmpty ? .fail : run.isConclusive(for: promise) ? .pass : .inconclusive,
            figures: [
                "violations": Double(violations.reduce(0) { $0 + $1.count }), "trials": Double(run.trials),
                "inconclusive": Double(run.inconclusive),
            ],
            findings: violations.map {
                "\($0.phenomenon.rawValue) was seen \($0.count) times; \(promise.rawValue) forbids it"
            },
            notes: notes)
    }

    private func notes(_ tally: WorkloadTally, _ workload: DataSafety.Workload) -> [String] {
        var notes = ["\(workload.isolation) judged as \(workload.promises); \(tally.reconnects) reconnects"]
        if let failure = tally.lastReadFailure { notes.append("the last read failed: \(failure)") }
        if let failure = tally.cleanUpFailure {
            notes.append("the schema \(WorkloadSchema.name) could not be dropped: \(failure)")
        }
        return notes
    }

    private func lookAtAll() async throws -> DataSafetyFinding {
        // A copy of each database of somebody else's server, to see whether its dump can be read, is not for Brink to make.
        let checks = Set(IntegrityCheck.allCases).subtracting(access.isScratch ? [] : [.reload])
        let report = try await ServerIntegrity(access.connection, checks: checks, scratchFolder: folder).check()
        let verdict: Verdict =
            switch report.verdict {
            case .intact: .pass
            case .damaged: .fail
            case .inconclusive: .inconclusive
            }
        let counts = report.checked.sorted { $0.key.rawValue < $1.key.rawValue }.map {
            "\($0.key.rawValue) \($0.value)"
        }
        return DataSafetyFinding(
            check: .integrity, verdict: verdict,
            figures: [
                "errors": Double(report.findings.count), "unchecked": Double(report.unchecked.count),
                "checked": Double(report.checked.values.reduce(0, +)),
            ],
            findings: (report.findings + report.unchecked).prefix(20).map(\.description),
            notes: ["looked at: \(counts.joined(separator: ", "))"] + report.notes)
    }
}

extension Optional {
    fileprivate func asyncMap<Value>(_ body: (Wrapped) async throws -> Value) async rethrows -> Value? {
        switch self {
        case .some(let wrapped): try await body(wrapped)
        case .none: nil
        }
    }
}
