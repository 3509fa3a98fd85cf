import IssuerClient
import IssuerControl
import LinuxSystem
import Synchronization

/// What an issuer of tokens is asked for, from its own counters.
public final class IssuerProbe: PollingProbe {
    private struct State {
        var readings: [(time: Duration, reading: IssuerReading)] = []
    }

    private let keySets, tokens: String
    private let issuer: IssuerClient
    private let state = Mutex(State())
    private let loop = Mutex<Task<Void, Never>?>(nil)

    private static let interval = Duration.milliseconds(200)
    private static let freshness = Duration.seconds(1)
    /// Rates are over what happened in this time.
    private static let window = Duration.seconds(1)

    public init(target: String, issuer: IssuerClient) {
        keySets = "\(target).jwks.requests.perSecond"
        tokens = "\(target).tokens.issued.perSecond"
        self.issuer = issuer
    }

    public func begin() {
        let task = Task {
            while !Task.isCancelled {
                // An issuer that does not answer is a gap in the figures, which `read` shows.
                if let reading = try? await issuer.reading(within: .seconds(1)) { take(reading) }
                do { try await Task.sleep(for: IssuerProbe.interval) } catch { return }
            }
        }
        loop.withLock { $0 = task }
    }

    public func end() async {
        let task = loop.withLock { $0 }
        task?.cancel()
        await task?.value
    }

    public func read(into values: inout [String: Double]) {
        let readings = state.withLock { $0.readings }
        guard let first = readings.first, let last = readings.last, last.time > first.time,
            MonotonicClock.now() - last.time < IssuerProbe.freshness
        else { return }
        let seconds = (last.time - first.time) / .seconds(1)
        let rate = { (count: KeyPath<IssuerReading, Int>) -> Double? in
            let growth = last.reading[keyPath: count] - first.reading[keyPath: count]
            // An issuer that was started anew counts from zero.
            return growth >= 0 ? Double(growth) / seconds : nil
        }
        values[keySets] = rate(\.keySetRequests)
        values[tokens] = rate(\.tokens)
    }

    private func take(_ reading: IssuerReading) {
        let now = MonotonicClock.now()
        state.withLock { state in
            state.readings.append((now, reading))
            while let first = state.readings.first, now - first.time > IssuerProbe.window, state.readings.count > 2 {
                state.readings.removeFirst()
            }
        }
    }
}
