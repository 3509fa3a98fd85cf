import Events
import Harness
import LinuxSystem
import Synchronization

/// Tells on standard error which runs begin and how they end, a line each.
final class SuiteProgress: Sendable {
    private let count: Int
    /// The scenarios of which a run has ended: one that is tried again is none more.
    private let ended = Mutex<Set<String>>([])
    private let start = MonotonicClock.now()

    init(count: Int) {
        self.count = count
    }

    func begins(_ next: SuiteSchedule.Start) {
        let again = next.attempt > 1 ? ", attempt \(next.attempt)" : ""
        say("begin  \(next.entry.scenario.id) (lane \(next.lane)\(again))")
    }

    func ends(_ attempt: SuiteAttempt) {
        let number = ended.withLock { ended in
            ended.insert(attempt.entry.scenario.id)
            return ended.count
        }
        let verdict = SuiteVerdicts.verdict(of: attempt).rawValue
        let seconds = (attempt.duration / .milliseconds(100)).rounded() / 10
        say("\(verdict)  \(attempt.entry.scenario.id) \(seconds) s (\(number) of \(count))")
    }

    private func say(_ line: String) {
        let seconds = "\(Int((MonotonicClock.now() - start) / .seconds(1)))"
        Console.progress("\(String(repeating: " ", count: max(0, 5 - seconds.count)))\(seconds)s  \(line)")
    }
}
