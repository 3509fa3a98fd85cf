import LinuxSystem

/// Undoes what a dead run left behind, latest change first, and records it in that run's journal.
public struct JournalReplay: Sendable {
    /// One change that was open, with what came of it.
    public struct Step: Hashable, Sendable {
        public let change: Journal.Change
        public let outcome: UndoOutcome
    }

    /// What a replay did.
    public struct Summary: Hashable, Sendable {
        public var steps: [Step] = []

        /// Changes that could not be taken back.
        public var residues: [Step] { steps.filter(\.outcome.isResidue) }
    }

    private let executor: UndoExecutor

    public init(executor: UndoExecutor = UndoExecutor()) {
        self.executor = executor
    }

    /// Undoes every open change of a journal. Call it only while holding the state folder's lock or after the
    /// run's harness has ended.
    ///
    /// A journal that cannot be written any more (full disk) does not stop the undo: every action is idempotent,
    /// so a later replay only finds it done.
    public func run(_ journal: Journal) throws(JournalError) -> Summary {
        var writer: JournalWriter?
        var recordFailure: JournalError?
        do throws(JournalError) { writer = try JournalWriter.resume(journal) } catch { recordFailure = error }
        let isSameBoot = (try? ProcessTable().bootID()) == journal.harness.bootID
        var summary = Summary()
        for change in journal.open {
            let outcome =
                isSameBoot || change.outlivesBoot
                ? executor.undo(change.undo) : .targetGone("the machine was booted anew")
            summary.steps.append(Step(change: change, outcome: outcome))
            do throws(JournalError) {
                try writer?.undone(change.sequence, outcome)
            } catch {
                recordFailure = error
            }
        }
        if let recordFailure { throw recordFailure }
        if summary.residues.isEmpty { try writer?.close() }
        return summary
    }
}
