import Foundation
import Harness
import Reports
import Synchronization

/// What the runs of a suite have come to so far. It is written after every run, so that a suite whose harness was killed
/// leaves a suite.json from which `brink report` makes its reports.
final class SuiteTally: Sendable {
    private let entries: [SuiteEntry]
    private let quarantine: String
    private let head: SuiteResult
    /// By scenario, in the order in which they were made.
    private let attempts = Mutex<[String: [SuiteCase.Attempt]]>([:])
    private let start = Date.now

    /// - Parameters:
    ///   - head: the suite's result without scenarios.
    ///   - quarantine: scenarios with this tag decide nothing.
    init(_ entries: [SuiteEntry], head: SuiteResult, quarantine: String) {
        self.entries = entries
        self.head = head
        self.quarantine = quarantine
    }

    /// A run has ended.
    func add(_ attempt: SuiteAttempt) {
        // Read once, not for every run that ends later.
        let made = SuiteVerdicts.attempt(attempt)
        attempts.withLock { $0[attempt.entry.scenario.id, default: []].append(made) }
    }

    /// The result as it is now.
    var result: SuiteResult {
        let made = attempts.withLock { $0 }
        var result = head
        result.seconds = Date.now.timeIntervalSince(start)
        result.scenarios = entries.map {
            SuiteVerdicts.of($0, made[$0.scenario.id] ?? [], quarantine: quarantine)
        }.sorted { $0.id < $1.id }
        return result
    }

    /// Writes the result as one of a suite that was ended early, which it is if nothing follows.
    func keep(in folder: String) {
        var result = self.result
        result.interrupted = true
        result.hostRestored = nil
        do {
            try SuiteWriter().keep(result, in: folder)
        } catch {
            Console.progress("brink: what the suite has come to so far could not be written: \(error)")
        }
    }
}
