import Statistics

/// The differences of one metric between two services, pair by pair: what the machine did in the time of a pair is in both
/// of its turns and cancels out.
struct PairedDifferences {
    let metric: Metric
    let first: Double
    let second: Double
    private let values: [Double]

    /// Nil for fewer than two pairs.
    /// - Parameter pairs: what the metric came to in each pair, the first service's turn before the second's.
    init?(_ metric: Metric, _ pairs: [(first: Double, second: Double)]) {
        guard pairs.count >= 2, let first = SortedSample(pairs.map(\.first))?.median,
            let second = SortedSample(pairs.map(\.second))?.median
        else { return nil }
        self.metric = metric
        (self.first, self.second) = (first, second)
        values = pairs.map { $0.second - $0.first }
    }

    var count: Int { values.count }

    /// That there is no difference; 1 when every pair is equal.
    var pValue: Double { WilcoxonSignedRank(values)?.pValue ?? 1 }

    /// Hodges' and Lehmann's estimate.
    var location: Double {
        let means = values.indices.flatMap { left in (left..<count).map { (values[left] + values[$0]) / 2 } }
        return SortedSample(means)?.median ?? 0
    }

    /// Whether a difference as large as a floor is ruled out to either side, at a level (Schuirmann's two one-sided tests,
    /// here with the signed ranks).
    func isWithin(_ floor: Double, at level: Double) -> Bool {
        func isRuledOut(_ shifted: [Double]) -> Bool {
            guard let test = WilcoxonSignedRank(shifted) else { return false }
            let half = Double(test.count * (test.count + 1)) / 4
            return test.positiveRanks < half && test.pValue / 2 <= level
        }
        return isRuledOut(values.map { $0 - floor }) && isRuledOut(values.map { -$0 - floor })
    }

    /// - Parameters:
    ///   - gap: the difference that is to be found.
    ///   - level: two-sided, for this metric alone.
    func pairsNeeded(for gap: Double, at level: Double) -> Int? {
        // Fewer cannot be so unlikely, whichever way all of them point.
        var least = 2
        while 2 / Double(1 << least) > level { least += 1 }
        guard let deviation = SampleSummary(values)?.standardDeviation, deviation > 0, gap > 0 else {
            return gap > 0 ? least : nil
        }
        // A mean of differences is as certain as a difference of two means whose runs vary by less, by the root of two. Signed
        // ranks need π/3 as many (Lehmann, Nonparametrics, 1975, on the normal distribution).
        let power = DifferencePower(
            difference: gap, standardDeviation: deviation / 2.0.squareRoot(), significance: level)
        return power.runsNeeded().map { max(least, Int((Double($0) * .pi / 3).rounded(.up))) }
    }
}
