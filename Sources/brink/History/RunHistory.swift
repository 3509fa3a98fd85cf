import Events
import Foundation
import Harness
import History
import LinuxSystem
import Reports
import Scenarios
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
    private let session: String?
    private let state = Mutex(State())

    /// - Parameter session: what it is when it is no run of a scenario, such as `squeeze`: it goes by `squeeze:ID` then,
    ///   so that the scenario's own runs are held against each other alone.
    init(settings: Settings, origin: RunOrigin, session: String? = nil) {
        self.settings = settings
        self.origin = origin
        self.session = session
    }

    /// Of a session that is no run of a scenario.
    convenience init(settings: Settings, session: String, of scenario: Scenario, _ code: CodeOptions) {
        let about = scenario.about
        let commit = code.commit
        self.init(
            settings: settings,
            origin: RunOrigin(
                domain: about.domain?.rawValue, category: about.category.rawValue, tags: about.tags, commit: commit.id,
                branch: commit.branch), session: session)
    }

    /// Shown every event of the run.
    func take(_ event: RunEvent) {
        guard case .started(let start) = event.kind else { return }
        var record = RunRecord(start, about: origin, folder: "\(settings.outFolder)/\(start.run)")
        if let session { record.scenario = "\(session):\(record.scenario)" }
        state.withLock { [record] state in
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
