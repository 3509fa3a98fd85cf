/// How flaky a scenario is, in words.
public struct FlakinessWords {
    private let flakiness: ObservedFlakiness

    public init(_ flakiness: ObservedFlakiness) {
        self.flakiness = flakiness
    }

    /// `3 of 24 failed`.
    public var count: String {
        let unclear = flakiness.unclear == 0 ? "" : ", \(flakiness.unclear) unclear"
        return "\(flakiness.failures) of \(flakiness.runs) failed\(unclear)"
    }

    /// `12.5 % (4.3 % to 31 %)`.
    public var rate: String {
        guard let rate = flakiness.rate, let low = flakiness.low, let high = flakiness.high else { return "–" }
        let texts = [rate, low, high].map { MetricUnit.fraction.text($0) }
        return "\(texts[0]) (\(texts[1]) to \(texts[2]))"
    }

    /// `declared stable, observed flaky`; what cannot be told says how many runs are still needed.
    public var finding: String {
        let name = flakiness.observed ?? "failing"
        switch flakiness.finding {
        case .asDeclared: return "\(flakiness.declared), as declared"
        case .flakier: return "declared \(flakiness.declared), observed \(name)"
        case .failing: return "declared \(flakiness.declared), fails more often than it passes"
        case .cannotTell:
            let more = flakiness.runsNeeded.map { "\($0) more runs would tell" } ?? "no number of runs would tell"
            let marked = flakiness.isMarkedFlaky ? "marked flaky; " : ""
            return "\(marked)declared \(flakiness.declared): \(more)"
        }
    }

    /// A warning worth an attention of its own; nil where there is none.
    public var warning: String? {
        guard flakiness.contradictsStable else { return nil }
        return
            "\(flakiness.scenario) is declared stable, observed \(flakiness.observed ?? "failing"): \(count), \(rate)"
    }
}
