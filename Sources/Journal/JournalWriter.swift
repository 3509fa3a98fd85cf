import Glibc
import LinuxSystem
import Synchronization

/// Appends records to a run's journal. Usable from any thread.
public final class JournalWriter: Sendable {
    private struct State: ~Copyable {
        var file: OwnedDescriptor?
        var next: Int
        var written = 0
        /// A record was cut off by an error: what follows must not become part of its line.
        var isTorn = false
    }

    public let path: String
    private let state: Mutex<State>
    private let crashPoint: CrashPoint?

    private init(path: String, file: consuming OwnedDescriptor, next: Int, crashPoint: CrashPoint?) {
        self.path = path
        self.state = Mutex(State(file: consume file, next: next))
        self.crashPoint = crashPoint
    }

    /// Starts a new journal; file and folder entry are on disk when this returns.
    /// - Throws: EEXIST for a run id that was used before.
    public static func create(
        path: String, run: String, harness: ProcessIdentity, crashPoint: CrashPoint? = nil
    ) throws(JournalError) -> JournalWriter {
        do {
            let file = try OwnedDescriptor.open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND, mode: 0o600)
            try SystemFile.synchronizeFolder(of: path)
            let writer = JournalWriter(path: path, file: file, next: 1, crashPoint: crashPoint)
            try writer.append([.opened(run: run, harness: harness)], durably: true)
            return writer
        } catch let error as SystemError {
            throw .system(error)
        } catch {
            throw error as? JournalError ?? .notAJournal(path)
        }
    }

    /// Goes on with the journal of a run that died, to record how it was undone.
    public static func resume(_ journal: Journal) throws(JournalError) -> JournalWriter {
        do {
            let file = try OwnedDescriptor.open(journal.path, O_WRONLY | O_APPEND)
            // A torn last line must not swallow the next record.
            if journal.endsTorn { try file.write([UInt8(ascii: "\n")]) }
            return JournalWriter(path: journal.path, file: file, next: journal.nextSequence, crashPoint: nil)
        } catch {
            throw .system(error)
        }
    }

    /// Records the intent to make changes; they are on disk when this returns.
    /// - Returns: the sequence number of each, in order.
    /// - Throws: when they could not be made durable. Then nothing may be changed.
    public func intend(_ undos: [UndoAction], owner: String) throws(JournalError) -> [Int] {
        let first = state.withLock { state in
            defer { state.next += undos.count }
            return state.next
        }
        let records = undos.enumerated().map { JournalRecord.intent(first + $0.offset, owner: owner, $0.element) }
        try append(records, durably: true)
        return Array(first..<(first + undos.count))
    }

    /// Records that a change was made and read back.
    public func applied(_ sequence: Int) throws(JournalError) {
        try append([.applied(sequence)], durably: false)
    }

    /// Records that a change that was made is about to be moved on; it is on disk when this returns.
    /// - Throws: when it could not be made durable. Then the change must stay as it is.
    public func amend(_ sequence: Int, _ undo: UndoAction) throws(JournalError) {
        try append([.amended(sequence, undo)], durably: true)
    }

    /// Records that a change was taken back, or could not be.
    public func undone(_ sequence: Int, _ outcome: UndoOutcome) throws(JournalError) {
        try append([.undone(sequence, outcome)], durably: false)
    }

    /// Records that nothing is left to do.
    public func close() throws(JournalError) {
        try append([.closed], durably: true)
    }

    private func append(_ records: [JournalRecord], durably: Bool) throws(JournalError) {
        do {
            try state.withLock { (state: inout State) throws(SystemError) in
                // One write per record, so that a crash point can fall between any two.
                for record in records {
                    crashPoint?.reached(.before, record: state.written)
                    let line = (state.isTorn ? [UInt8(ascii: "\n")] : []) + record.line
                    state.isTorn = true
                    try state.file?.write(line)
                    state.isTorn = false
                    crashPoint?.reached(.after, record: state.written)
                    state.written += 1
                }
                if durably { try state.file?.synchronize() }
            }
        } catch {
            throw .system(error)
        }
    }
}
