import Events
import Synchronization

/// Collects the outcomes of the load and turns any stretch of time into metrics. Times are seconds on the run's clock.
public final class LoadRecorder: Sendable {
    private struct Outcome {
        let finished: Double
        /// From the intended moment of sending.
        let latency: Double
        let errorClass: RequestOutcome.ErrorClass?
        /// With the SQLSTATE.
        let errorName: String?

        /// A refusal in a millisecond would make a failing service look fast.
        var countsAsAnswer: Bool { errorClass == nil || errorClass == .timeout }
    }

    private struct State {
        /// In the order of finishing, and so sorted by `finished`.
        var outcomes: [Outcome] = []
        var arrivals: [Double] = []
        var inFlight = 0
    }

    private let state = Mutex(State())

    public init() {}

    func arrived(at time: Double) {
        state.withLock {
            $0.arrivals.append(time)
            $0.inFlight += 1
        }
    }

    func finished(at time: Double, intended: Double, _ outcome: RequestOutcome) {
        state.withLock {
            $0.inFlight -= 1
            // Two threads may finish in one order and get the lock in the other.
            let moment = max(time, $0.outcomes.last?.finished ?? 0)
            $0.outcomes.append(
                Outcome(
                    finished: moment, latency: time - intended, errorClass: outcome.errorClass,
                    errorName: outcome.errorName))
        }
    }

    public var inFlight: Int { state.withLock { $0.inFlight } }

    /// Metrics over what finished in a stretch of time; percentiles only where something finished.
    ///
    /// Latency is that of answers and of timeouts; `inFlight` is how many requests were under way on average.
    public func metrics(from start: Double, to end: Double) -> [String: Double] {
        let seconds = max(end - start, 1e-9)
        let (slice, arrivals, oldest, waiting) = state.withLock { state in
            let slice = LoadRecorder.slice(of: state.outcomes, from: start, to: end)
            let from = LoadRecorder.firstIndex(in: state.arrivals.count, where: { state.arrivals[$0] >= start })
            let to = LoadRecorder.firstIndex(in: state.arrivals.count, where: { state.arrivals[$0] > end })
            let ended = LoadRecorder.firstIndex(
                in: state.outcomes.count, where: { state.outcomes[$0].finished >= start })
            // Seconds of waiting: of those that were under way at the start, of those that came, less those that went.
            var waiting = Double(from - ended) * (end - start)
            for index in from..<max(from, to) { waiting += end - state.arrivals[index] }
            for outcome in slice { waiting -= end - outcome.finished }
            return (slice, to - from, from < to ? state.arrivals[from] : nil, waiting)
        }
        var values = ["inFlight": max(0, waiting / seconds), "arrivals": Double(arrivals) / seconds]
        var counts: [RequestOutcome.ErrorClass: Int] = [:]
        var latencies: [Double] = []
        var successes = 0
        for outcome in slice {
            if let errorClass = outcome.errorClass { counts[errorClass, default: 0] += 1 } else { successes += 1 }
            if outcome.countsAsAnswer { latencies.append(outcome.latency) }
        }
        values["throughput"] = Double(successes) / seconds
        values.merge(LatencySummary(latencies).metrics) { _, new in new }
        if !slice.isEmpty {
            let total = Double(slice.count)
            values["errors.rate"] = Double(slice.count - successes) / total
            for errorClass in RequestOutcome.ErrorClass.allCases {
                values["errors.\(errorClass.rawValue).rate"] = Double(counts[errorClass] ?? 0) / total
            }
        } else if let oldest, oldest <= start + seconds / 2 {
            // Requests come and none is answered, not even with an error: that is no good service. When the first of
            // them has only just come, after a time without any, its answer is still due.
            values["errors.rate"] = 1
        }
        return values
    }

    /// How many requests were under way at a moment and failed.
    public func failures(underWayAt moment: Double) -> Int {
        state.withLock { state in
            let first = LoadRecorder.firstIndex(in: state.outcomes.count) { state.outcomes[$0].finished > moment }
            return state.outcomes[first...].count { $0.errorClass != nil && $0.finished - $0.latency < moment }
        }
    }

    /// All that finished in one phase, summed up at once.
    public func figures(of phase: PhaseChange.Phase, from start: Double, to end: Double) -> LoadFigures {
        let slice = state.withLock { LoadRecorder.slice(of: $0.outcomes, from: start, to: end) }
        var latency: [String: Double] = [:]
        for (name, value) in LatencySummary(slice.filter(\.countsAsAnswer).map(\.latency)).metrics {
            latency[String(name.dropFirst("latency.".count))] = value
        }
        var errors: [String: Int] = [:]
        for case let name? in slice.map(\.errorName) { errors[name, default: 0] += 1 }
        return LoadFigures(phase: phase, requests: slice.count, latency: latency, errors: errors)
    }

    private static func slice(of outcomes: [Outcome], from start: Double, to end: Double) -> [Outcome] {
        let first = firstIndex(in: outcomes.count, where: { outcomes[$0].finished >= start })
        let last = firstIndex(in: outcomes.count, where: { outcomes[$0].finished > end })
        return Array(outcomes[first..<max(first, last)])
    }

    /// Binary search for the first index that fulfils a condition which stays fulfilled after it.
    private static func firstIndex(in count: Int, where isReached: (Int) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isReached(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
