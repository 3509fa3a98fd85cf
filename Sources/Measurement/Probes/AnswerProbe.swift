import LinuxSystem
import NIOCore
import PlainHTTP
import Synchronization

/// How long a neighbour's URL takes to answer, asked ten times a second by a client of its own.
public final class AnswerProbe: PollingProbe {
    private struct State {
        /// When the question that waits for its answer was sent.
        var asked: Duration?
        var latency: Duration?
        var answered: Bool?
    }

    private let url, latency, answers: String
    private let client = PlainHTTPClient()
    private let state = Mutex(State())
    private let loop = Mutex<Task<Void, Never>?>(nil)

    private static let interval = Duration.milliseconds(100)

    /// - Parameter url: `http://`; any status below 500 is an answer.
    public init(target: String, url: String) {
        self.url = url
        latency = "\(target).latency"
        answers = "\(target).answers"
    }

    public func begin() {
        let task = Task {
            while !Task.isCancelled {
                let asked = MonotonicClock.now()
                state.withLock { $0.asked = asked }
                // Refused, reset or too late: all the same to whoever waits for it.
                let answer = try? await client.send(.GET, url, limit: 1 << 20, within: .seconds(10))
                let took = MonotonicClock.now() - asked
                state.withLock { $0 = State(asked: nil, latency: took, answered: (answer?.status ?? 599) < 500) }
                // A question that took longer than the interval is followed by the next at once.
                if took < AnswerProbe.interval {
                    do { try await Task.sleep(for: AnswerProbe.interval - took) } catch { break }
                }
            }
            client.close()
        }
        loop.withLock { $0 = task }
    }

    public func end() async {
        let task = loop.withLock { $0 }
        task?.cancel()
        await task?.value
    }

    public func read(into values: inout [String: Double]) {
        let state = state.withLock { $0 }
        // A neighbour that hangs must not look as quick as its last answer: the wait so far counts.
        let waiting = state.asked.map { MonotonicClock.now() - $0 }
        if let longest = [state.latency, waiting].compactMap(\.self).max() { values[latency] = longest / .seconds(1) }
        if let answered = state.answered { values[answers] = answered ? 1 : 0 }
    }
}
