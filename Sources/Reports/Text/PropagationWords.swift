/// A failure's way in words.
struct PropagationWords {
    let signals: [PropagatedSignal]
    let load: [PhaseLoad]
    /// Seconds from the last recovery to the end of the run; nil where nothing recovered.
    let watched: Double?

    /// So long a signal is looked at before it is said that it did not come back: samples look a second back, and a
    /// recovery is told from the beginning of its first good window on.
    private static let leastWatched = 3.0

    init(_ result: RunResult) {
        let last = result.faults.compactMap(\.recoveredAt).max()
        let end = result.phases.last { [.run, .recovery].contains($0.phase) }?.end
        self.init(
            signals: result.propagation, load: result.load, watched: last.flatMap { last in end.map { $0 - last } })
    }

    init(signals: [PropagatedSignal], load: [PhaseLoad], watched: Double? = nil) {
        self.signals = signals
        self.load = load
        self.watched = watched
    }

    /// What failed first, what followed, how much retries made of it, and what did not come back.
    var lines: [String] {
        guard let first = signals.first else { return [] }
        var lines = [
            "First: \(first.signal) at \(ClockText.moment(first.since)), "
                + "\(value(first.worst, of: first)) where \(value(first.usual, of: first)) was usual."
        ]
        let others = signals.dropFirst().prefix(12).map {
            "\($0.signal) (+\(ClockText.length($0.since - first.since)))"
        }
        if !others.isEmpty { lines.append("Then: \(others.joined(separator: ", ")).") }
        lines += (attempts.map { [$0] } ?? []) + transactions
        let stuck = signals.filter { $0.until == nil }.map(\.signal)
        if stuck.isEmpty {
            lines.append("All came back by themselves.")
        } else if let watched, watched < Self.leastWatched {
            lines.append("The run ended too soon to tell whether these come back: \(stuck.joined(separator: ", ")).")
        } else {
            lines.append("Not back at the end, though every fault was taken back: \(stuck.joined(separator: ", ")).")
        }
        return lines
    }

    /// How many attempts reached the database for each request that needed it; nil where the service does not say.
    private var attempts: String? {
        let name = "service.attempts.perRequest"
        let phases = load.compactMap { phase in
            phase.metrics[name].map { spread in
                let most = spread.highest > spread.mean ? ", \(MetricUnit.trim(spread.highest)) at most" : ""
                return "\(MetricUnit.trim(spread.mean)) in the \(phase.phase.rawValue)\(most)"
            }
        }
        return phases.isEmpty ? nil : "Attempts at the database for each request: \(phases.joined(separator: "; "))."
    }

    /// The same as each server counts it, for every service: also those that do not say how often they try.
    private var transactions: [String] {
        let targets = Set(load.flatMap { $0.transactionsPerRequest.map { Array($0.keys) } ?? [] }).sorted()
        return targets.map { target in
            let phases = load.compactMap { phase in
                phase.transactionsPerRequest?[target].map { "\(MetricUnit.trim($0)) in the \(phase.phase.rawValue)" }
            }
            return "Transactions that reached \(target) for each request: \(phases.joined(separator: "; "))."
        }
    }

    private func value(_ number: Double, of signal: PropagatedSignal) -> String {
        MetricUnit(of: signal.signal).text(number)
    }
}
