import Foundation
import LinuxSystem
import Synchronization

/// The account of every write: entered on disk before it is sent, its outcome afterwards.
///
/// Lines are `sent KEY` and `acked|failed|unknown KEY`. A key without an outcome is unknown.
public final class Ledger: Sendable {
    private struct State: ~Copyable {
        var file: OwnedDescriptor?
        var sent: Set<String> = []
        var outcomes: [String: WriteOutcome] = [:]
        /// When an outcome became unknown, on the monotonic clock.
        var unknownAt: [Duration] = []
    }

    public let path: String
    private let state: Mutex<State>
    private let queue = DispatchQueue(label: "brink.ledger")

    /// Starts a ledger in a new file.
    public init(path: String) throws(SystemError) {
        let file = try OwnedDescriptor.open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND, mode: 0o600)
        self.path = path
        self.state = Mutex(State(file: consume file))
    }

    /// Enters a write; on disk when this returns. Only then may it be sent.
    public func enter(_ key: String) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            queue.async {
                continuation.resume(
                    with: Result {
                        try self.state.withLock { state in
                            try state.file?.write(Array("sent \(key)\n".utf8))
                            state.sent.insert(key)
                            try state.file?.synchronize()
                        }
                    })
            }
        }
    }

    /// Enters a write's outcome. The first one stays: an outcome cannot become better by asking again.
    public func settle(_ key: String, _ outcome: WriteOutcome) throws(SystemError) {
        try state.withLock { (state: inout State) throws(SystemError) in
            guard state.outcomes[key] == nil else { return }
            state.outcomes[key] = outcome
            if outcome == .unknown { state.unknownAt.append(MonotonicClock.now()) }
            try state.file?.write(Array("\(outcome.rawValue) \(key)\n".utf8))
        }
    }

    /// How many outcomes became unknown in a stretch of time on the monotonic clock.
    public func unknownOutcomes(from start: Duration, to end: Duration) -> Int {
        state.withLock { $0.unknownAt.count { $0 >= start && $0 <= end } }
    }

    /// The keys entered so far and their outcomes.
    public var entries: (sent: Set<String>, outcomes: [String: WriteOutcome]) {
        state.withLock { ($0.sent, $0.outcomes) }
    }
}
