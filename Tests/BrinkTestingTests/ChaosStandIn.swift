@testable import BrinkTesting
import Synchronization

/// Stands in for a session of Brink: notes what it is asked, and fails where it is told to. A fault is named as its
/// target.
final class ChaosStandIn: FaultSession {
    private let notes = Mutex<[String]>([])
    private let unseen: Mutex<Int>
    private let stuck: Set<String>

    /// - Parameters:
    ///   - unseen: how many faults, the first ones, are not seen to take effect.
    ///   - stuck: faults that cannot be taken back.
    init(unseen: Int = 0, stuck: Set<String> = []) {
        self.unseen = Mutex(unseen)
        self.stuck = stuck
    }

    /// What it was asked, in order.
    var log: [String] { notes.withLock { $0 } }

    func begin(_ fault: ChaosFault) async throws -> (name: String, evidence: String) {
        note("begin \(fault.target)")
        let isSeen = unseen.withLock { left in
            left -= 1
            return left < 0
        }
        guard isSeen else { throw BrinkFailure("\(fault.target) was not seen") }
        return (fault.target, "evidence")
    }

    func undo(_ name: String) async throws {
        note("undo \(name)")
        if stuck.contains(name) { throw BrinkFailure("stuck") }
    }

    func recover(within patience: Duration) async throws -> Duration {
        note("recover")
        return .zero
    }

    private func note(_ text: String) {
        notes.withLock { $0.append(text) }
    }
}
