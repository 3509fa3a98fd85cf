import Events
import Foundation
import Harness
import LinuxSystem
import Reports

/// The events of a run, as they come or as they came, for whoever looks; and the way to halt it.
struct WatchFeed: Sendable {
    let folder: String
    private let replay: Double?
    private let settings: Settings

    /// From one look at the file to the next.
    private static let interval = Duration.milliseconds(100)
    /// A run whose harness died writes no end; after this long without a word it is looked for.
    private static let silence = Duration.seconds(5)

    /// - Throws: when there are no events.
    init(folder: String, replay: Double?, settings: Settings) throws {
        self.folder = folder
        self.replay = replay
        self.settings = settings
        _ = try EventTail("\(folder)/events.jsonl")
    }

    /// The run's id.
    var run: String { folder.split(separator: "/").last.map(String.init) ?? folder }

    /// From the beginning to the run's end.
    func events() -> AsyncThrowingStream<(line: String, event: RunEvent), any Error> {
        AsyncThrowingStream { continuation in
            let task = Task {
                do {
                    try await follow { continuation.yield($0) }
                    continuation.finish()
                } catch is CancellationError {
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }

    private func follow(_ yield: ((line: String, event: RunEvent)) -> Void) async throws {
        var tail = try EventTail("\(folder)/events.jsonl")
        let start = MonotonicClock.now()
        var heard = start
        while true {
            let events = try tail.read()
            if !events.isEmpty { heard = MonotonicClock.now() }
            for next in events {
                if let replay {
                    let due = start + .seconds(next.event.time / replay)
                    let rest = due - MonotonicClock.now()
                    if rest > .zero { try await Task.sleep(for: rest) }
                }
                yield(next)
                if case .ended = next.event.kind { return }
            }
            // Nobody will write the end of a run whose harness is gone.
            if MonotonicClock.now() - heard > WatchFeed.silence, try RunningHarness(of: run, settings) == nil { return }
            if replay != nil, events.isEmpty { return }
            try await Task.sleep(for: WatchFeed.interval)
        }
    }

    /// Asks the run to end.
    /// - Returns: what came of it, in words.
    func halt() -> String {
        guard replay == nil else { return "this is a replay: nothing to halt" }
        do {
            guard let harness = try RunningHarness(of: run, settings) else { return "no such run is under way" }
            try harness.halt()
            return "asked to end; everything is taken back first"
        } catch {
            return "could not be halted: \(error)"
        }
    }
}
