import Journal
import LinuxSystem

/// The process behind a run that is under way, found by the run's journal.
public struct RunningHarness: Sendable {
    private let process: ProcessIdentity

    /// - Parameters:
    ///   - run: the run's id, the name of its folder.
    ///   - settings: say where journals are; those of all lanes are looked at.
    /// - Returns: nil when there is no such run, it has ended, or its harness is gone.
    /// - Throws: for a journal that cannot be read.
    public init?(of run: String, _ settings: Settings) throws {
        let folders = [settings.stateFolder] + (try settings.stateFolder.lanes())
        guard let path = folders.map({ $0.journal(of: run) }).first(where: { SystemFile.exists($0) }) else {
            return nil
        }
        let journal = try Journal(path: path)
        guard !journal.isClosed, ProcessTable().isRunning(journal.harness) else { return nil }
        process = journal.harness
    }

    /// Asks it to end, as Ctrl-C does: everything is taken back first.
    public func halt() throws(SystemError) {
        try ProcessHandle(opening: process).send(.interrupt)
    }
}
