import Events
import Foundation
import Harness
import History
import LinuxSystem
import Reports
import Synchronization

/// Notes a run in the history when it begins and when it has ended, so that one whose harness was killed is in it too.
///
/// A run never fails because its history cannot be written: that is told, and the run goes on.
final class RunHistory: Sendable {
    private struct State {
        var record: RunRecord?
        var beginning: Task<Void, Never>?
    }

    private let settings: Settings
    private let origin: RunOrigin
    private let state = Mutex(State())

    init(settings: Settings, origin: RunOrigin) {
        self.settings = settings
        self.origin = origin
    }

    /// Shown every event of the run.
    func take(_ event: RunEvent) {
        guard case .started(let start) = event.kind else { return }
        let record = RunRecord(start, about: origin, folder: "\(settings.outFolder)/\(start.run)")
        state.withLock { state in
            state.record = record
            // Not here: whoever waits for the file must not hold up the run.
            state.beginning = Task.detached { self.note { try $0.begin(record) } }
        }
    }

    /// The run has ended.
    func end(_ result: RunResult) async {
        let (record, beginning) = state.withLock { ($0.record, $0.beginning) }
        await beginning?.value
        guard var record else { return }
        record.end(result)
        note { [record] in try $0.end(record) }
    }

    private func note(_ change: (HistoryStore) throws -> Void) {
        do {
            if settings.history == nil {
                try settings.stateFolder.prepare()
            } else {
                try SystemFile.makeFolders(SystemFile.parent(of: settings.historyFile), mode: 0o700)
            }
            try change(HistoryStore(path: settings.historyFile))
        } catch {
            Console.progress("brink: the run is not in the history: \(error)")
        }
    }
}
