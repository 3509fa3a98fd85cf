import Events
import Journal
import LinuxSystem
import Scenarios

/// A live fault: journals, applies, verifies and takes back, in that order and never otherwise.
///
/// Promise 2 of the design lives here: no change without an undo that is on disk first.
public actor Injection {
    private struct Made {
        let change: Change
        /// Sequence number in the journal.
        let sequence: Int?
        /// What moves it while it is in force.
        var live: LiveChange?
        var activity: Task<Void, Never>?
    }

    public let id: String
    private let fault: any Fault
    private let journal: JournalWriter
    private let executor: UndoExecutor
    private let claims: Claims
    private let record: @Sendable (RunEvent.Kind) async -> Void
    private var made: [Made] = []
    private var before: Observation = [:]

    /// - Parameter record: takes the events of this injection.
    public init(
        id: String, fault: any Fault, journal: JournalWriter, claims: Claims,
        executor: UndoExecutor = UndoExecutor(), record: @escaping @Sendable (RunEvent.Kind) async -> Void
    ) {
        self.id = id
        self.fault = fault
        self.journal = journal
        self.claims = claims
        self.executor = executor
        self.record = record
    }

    /// How long processes that end by themselves between plan and change are chosen anew.
    private static let patience = Duration.seconds(5)

    /// Makes all changes, or none: when one fails, those before it are taken back before the error is thrown.
    /// - Returns: whether there is anything to take back later.
    public func inject(due: Duration) async throws -> Bool {
        let end = MonotonicClock.now() + Self.patience
        while true {
            do {
                return try await injectOnce(due: due)
            } catch let ended as SubjectEnded where MonotonicClock.now() < end {
                await record(.message(Message(.info, "fault \(id): \(ended); another one is looked for")))
            }
        }
    }

    private func injectOnce(due: Duration) async throws -> Bool {
        // Claimed first and planned anew then: a prior value read while another fault held the knob is that fault's.
        try await claims.claim(try await fault.plan().map(\.subject), for: id)
        let changes: [Change]
        do {
            before = try await fault.observe()
            changes = try await fault.plan()
        } catch {
            await claims.release(id)
            throw error
        }
        var undos: [UndoAction] = []
        for change in changes {
            if case .journaled(let action) = change.undo { undos.append(action) }
        }
        var sequences = undos.isEmpty ? [] : try journal.intend(undos, owner: id)[...]
        for change in changes {
            let sequence: Int?
            if case .journaled = change.undo { sequence = sequences.popFirst() } else { sequence = nil }
            // Counted as made before it is applied: an apply that fails half-way is undone as well.
            made.append(Made(change: change, sequence: sequence))
            do {
                try await change.apply()
                if let sequence { try journal.applied(sequence) }
                begin(at: made.count - 1)
                await report(change, isUndo: false, outcome: "applied", since: due)
            } catch {
                await report(change, isUndo: false, outcome: "failed: \(error)", since: due)
                // The changes that were intended but not reached need a record too, and find nothing to undo.
                for sequence in sequences { try journal.undone(sequence, .alreadyRestored) }
                let outcomes = await undo()
                let residues = outcomes.filter(\.isResidue).map(\.description)
                throw residues.isEmpty
                    ? error : FaultError("\(error); and not taken back: \(residues.joined(separator: "; "))")
            }
        }
        let lasts = changes.contains { if case .nothing = $0.undo { false } else { true } }
        if !lasts { await claims.release(id) }
        return lasts
    }

    /// Starts the activity of the change that was just made.
    private func begin(at index: Int) {
        guard let activity = made[index].change.activity, let sequence = made[index].sequence,
            case .journaled(let undo) = made[index].change.undo
        else { return }
        let live = LiveChange(undo, sequence: sequence, journal: journal)
        made[index].live = live
        made[index].activity = Task { [record, id] in
            do {
                try await activity(live)
            } catch is CancellationError {
                return
            } catch {
                await record(.message(Message(.error, "fault \(id) no longer acts: \(error)")))
            }
        }
    }

    /// Looks once whether the fault is seen to take effect.
    public func verify() async throws -> Verification {
        fault.verify(before: before, now: try await fault.observe())
    }

    /// Takes back all changes, latest first. Goes on after a failure, so that as much as can be is restored.
    public func undo() async -> [UndoOutcome] {
        var outcomes: [UndoOutcome] = []
        let start = MonotonicClock.now()
        while let entry = made.popLast() {
            let outcome: UndoOutcome
            entry.activity?.cancel()
            await entry.activity?.value
            switch entry.change.undo {
            case .journaled(let planned):
                let action = entry.live?.undo ?? planned
                outcome = await Blocking.run { [executor] in executor.undo(action) }
            case .inProcess(let body):
                outcome = await body()
            case .nothing:
                continue
            }
            outcomes.append(outcome)
            if let sequence = entry.sequence {
                do throws(JournalError) {
                    try journal.undone(sequence, outcome)
                } catch {
                    // The undo itself is done; a later replay finds it so.
                    await record(.message(Message(.warning, "\(error)")))
                }
            }
            await report(entry.change, isUndo: true, outcome: outcome.description, since: start)
        }
        await claims.release(id)
        await tellOfGone(outcomes)
        return outcomes
    }

    /// A target that went away in mid-fault leaves no residue, but whoever reads the figures must know.
    private func tellOfGone(_ outcomes: [UndoOutcome]) async {
        var details: [String] = []
        for case .targetGone(let detail) in outcomes where !details.contains(detail) { details.append(detail) }
        guard !details.isEmpty else { return }
        let text = "fault \(id): its target has gone; nothing to take back (\(details.joined(separator: "; ")))"
        await record(.message(Message(.warning, text)))
    }

    private func report(_ change: Change, isUndo: Bool, outcome: String, since: Duration) async {
        let milliseconds = (MonotonicClock.now() - since).inSeconds * 1000
        await record(
            .write(
                HostWrite(
                    owner: id, subject: change.subject, prior: change.prior, value: change.value, isUndo: isUndo,
                    outcome: outcome, milliseconds: milliseconds)))
    }
}
