/// A failure's way in words.
struct PropagationWords {
    let signals: [PropagatedSignal]

    /// What failed first, what followed, and what did not come back.
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
        let stuck = signals.filter { $0.until == nil }.map(\.signal)
        lines.append(
            stuck.isEmpty
                ? "All came back by themselves."
                : "Not back at the end, though every fault was taken back: \(stuck.joined(separator: ", ")).")
        return lines
    }

    private func value(_ number: Double, of signal: PropagatedSignal) -> String {
        MetricUnit(of: signal.signal).text(number)
    }
}
