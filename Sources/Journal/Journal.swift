import LinuxSystem

/// What a journal file says: the changes a run made or was about to make, and which of them are taken back.
public struct Journal: Hashable, Sendable {
    /// One change with what is known of it.
    public struct Change: Hashable, Sendable {
        public let sequence: Int
        /// The fault's id, or the part of the harness that made the change.
        public let owner: String
        public var undo: UndoAction
        public var isApplied: Bool
        public var outcome: UndoOutcome?

        /// Whether it is still to be taken back.
        public var isOpen: Bool { outcome?.isResidue ?? true }

        /// Knobs, limits and processes end with the boot; files do not.
        var outlivesBoot: Bool {
            if case .removeTree = undo { true } else { false }
        }

        var startsServer: Bool {
            if case .startServer = undo { true } else { false }
        }
    }

    public let path: String
    public let run: String
    public let harness: ProcessIdentity
    public private(set) var changes: [Change] = []
    public private(set) var isClosed = false
    /// The last line was cut off by a crash, at least its newline; it was never acted upon.
    public let endsTorn: Bool
    /// Lines other than the last whose checksum does not match: something other than a crash damaged the file.
    public private(set) var damagedLines: [Int] = []

    /// Sequence number for the next change.
    public var nextSequence: Int { (changes.map(\.sequence).max() ?? 0) + 1 }

    /// Changes not yet taken back, those that could not be included, in the order in which to undo them: latest first,
    /// but servers last, since one cannot be started into a cgroup that is still frozen or starved.
    public var open: [Change] {
        let left = changes.filter(\.isOpen).sorted { $0.sequence > $1.sequence }
        return left.filter { !$0.startsServer } + left.filter(\.startsServer)
    }

    /// Reads and parses a journal file.
    public init(path: String) throws(JournalError) {
        let bytes: [UInt8]
        do { bytes = try SystemFile.read(path) } catch { throw .system(error) }
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true)
        var torn = false
        if let last = lines.last {
            torn = bytes.last != UInt8(ascii: "\n")
            let isWhole = try JournalRecord.parse(last) != nil
            // A whole line that lacks only its newline is taken: going on in the file would complete it anyway.
            if !isWhole { lines.removeLast() }
        }
        guard let first = lines.first, case .opened(let run, let harness)? = try JournalRecord.parse(first) else {
            throw .notAJournal(path)
        }
        self.path = path
        self.run = run
        self.harness = harness
        self.endsTorn = torn
        for (number, line) in lines.enumerated().dropFirst() {
            guard let record = try JournalRecord.parse(line) else {
                damagedLines.append(number + 1)
                continue
            }
            take(record)
        }
    }

    private mutating func take(_ record: JournalRecord) {
        switch record {
        case .opened: break
        case .intent(let sequence, let owner, let undo):
            changes.append(Change(sequence: sequence, owner: owner, undo: undo, isApplied: false, outcome: nil))
        case .applied(let sequence):
            change(sequence) { $0.isApplied = true }
        case .amended(let sequence, let undo):
            change(sequence) { $0.undo = undo }
        case .undone(let sequence, let outcome):
            change(sequence) { $0.outcome = outcome }
        case .closed:
            isClosed = true
        }
    }

    private mutating func change(_ sequence: Int, _ body: (inout Change) -> Void) {
        guard let index = changes.firstIndex(where: { $0.sequence == sequence }) else { return }
        body(&changes[index])
    }
}
