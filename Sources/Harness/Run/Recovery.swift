import Journal
import LinuxSystem

/// Finds journals of runs that did not end in order, and undoes what they left.
public struct Recovery: Sendable {
    /// What was found and done.
    public struct Summary: Sendable {
        /// Journals that were open.
        public var journals = 0
        /// Changes taken back, in words.
        public var undone: [String] = []
        /// What could not be taken back, in words.
        public var residues: [String] = []

        mutating func add(_ other: Summary) {
            journals += other.journals
            undone += other.undone
            residues += other.residues
        }
    }

    private let stateFolder: StateFolder

    public init(stateFolder: StateFolder) {
        self.stateFolder = stateFolder
    }

    /// Undoes what runs in lanes left, each under its lane's lock, and then the open journals here.
    ///
    /// Call it while holding the state folder's lock.
    public func replayAll() throws -> Summary {
        var summary = Summary()
        for lane in try stateFolder.lanes() {
            // The guardian of a lane that has just died may still be at work, and holds the lock as long.
            let lock = try FileLock(path: lane.lockFile, waitingMilliseconds: 60_000)
            summary.add(try Recovery(stateFolder: lane).replayOpenJournals())
            try lock.unlock()
        }
        summary.add(try replayOpenJournals())
        return summary
    }

    /// Undoes every open journal whose harness no longer runs. Call it while holding the state folder's lock.
    public func replayOpenJournals() throws(JournalError) -> Summary {
        var summary = Summary()
        for entry in try stateFolder.journals() {
            switch entry {
            case .failure(.notAJournal(let path)):
                // A crash before the first record was whole leaves an empty journal: nothing was changed under it.
                guard (try? SystemFile.read(path).contains(UInt8(ascii: "\n"))) == false else {
                    summary.residues.append("\(path) cannot be read as a journal")
                    continue
                }
                do throws(SystemError) { try SystemFile.removeTree(path) } catch { throw .system(error) }
            case .failure(let error):
                summary.residues.append(error.description)
            case .success(let journal):
                guard !journal.isClosed, !ProcessTable().isRunning(journal.harness) else { continue }
                summary.journals += 1
                do throws(JournalError) {
                    let replay = try JournalReplay().run(journal)
                    for step in replay.steps where !step.outcome.isResidue {
                        summary.undone.append("\(step.change.owner): \(step.change.undo.summary): \(step.outcome)")
                    }
                    summary.residues += replay.residues.map { "\($0.change.owner): \($0.outcome)" }
                } catch {
                    // All was undone that could be; only the record of it is missing.
                    let left = (try? JournalAudit().residues(of: journal).map(\.description)) ?? ["\(error)"]
                    summary.residues += left
                    if left.isEmpty {
                        summary.undone.append("\(journal.run): all, which could not be recorded: \(error)")
                    }
                }
            }
        }
        return summary
    }

    /// Reads back everything that the journals name.
    public func residues() throws -> (checked: Int, residues: [String]) {
        var checked = 0
        var residues: [String] = []
        for entry in try ([stateFolder] + stateFolder.lanes()).flatMap({ try $0.journals() }) {
            switch entry {
            case .failure(let error): residues.append(error.description)
            case .success(let journal):
                checked += journal.changes.count
                residues += try JournalAudit().residues(of: journal).map(\.description)
            }
        }
        return (checked, residues)
    }
}
