import Journal
import Synchronization

/// A change that is in force, as the activity that moves it sees it.
public final class LiveChange: Sendable {
    private let journal: JournalWriter
    private let sequence: Int
    private let current: Mutex<UndoAction>

    init(_ undo: UndoAction, sequence: Int, journal: JournalWriter) {
        self.journal = journal
        self.sequence = sequence
        current = Mutex(undo)
    }

    /// How the change is taken back as it stands now.
    public var undo: UndoAction { current.withLock { $0 } }

    /// Says how the change is taken back from here on; on disk when this returns. Call it before moving the change.
    /// - Throws: when it could not be made durable; then nothing may be moved.
    public func amend(_ undo: UndoAction) throws(JournalError) {
        try journal.amend(sequence, undo)
        current.withLock { $0 = undo }
    }
}
