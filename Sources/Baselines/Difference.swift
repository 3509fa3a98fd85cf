import Statistics

/// The difference between the means of two collections, and how much of one chance makes.
struct Difference {
    let figures: RunFigures
    let old: SampleSummary
    let new: SampleSummary
    /// Between runs, in the metric's unit.
    let standardDeviation: Double
    /// How many independent runs these count for.
    let oldRuns, newRuns: Double
    let distribution: StudentTDistribution

    /// Nil for fewer than two old runs, and for no new one.
    /// - Parameter fewestForSpread: from so many new runs on their own spread counts too.
    init?(_ figures: RunFigures, _ newer: RunFigures, fewestForSpread: Int) {
        guard let old = SampleSummary(figures.values), let new = SampleSummary(newer.values), old.count >= 2 else {
            return nil
        }
        self.figures = figures
        noise = max(figures.noise ?? 0, newer.noise ?? 0)
        self.old = old
        self.new = new
        oldRuns = Autocorrelation(figures.values, lags: 1)?.effectiveCount ?? Double(old.count)
        newRuns = Autocorrelation(newer.values, lags: 1)?.effectiveCount ?? Double(new.count)
        // A collection made in a noisier hour is not to raise alarms by its noise.
        let spread =
            new.count >= fewestForSpread ? max(old.standardDeviation, new.standardDeviation) : old.standardDeviation
        // Figures that are whole multiples of the resolution vary by its share even where they look constant.
        standardDeviation = max(spread, figures.resolution / 12.0.squareRoot())
        distribution = StudentTDistribution(degreesOfFreedom: max(oldRuns - 1, 1))
    }

    /// The larger of what either collection's machine was seen to differ by between whole collections, as a share.
    let noise: Double
    /// In the metric's unit.
    var value: Double { new.mean - old.mean }

    /// Of the new mean about the old one.
    var standardError: Double { standardDeviation * (1 / oldRuns + 1 / newRuns).squareRoot() }

    /// The probability of a difference as large by chance.
    var pValue: Double {
        if value == 0 { return 1 }
        return standardError == 0 ? 0 : distribution.twoSided(value / standardError)
    }

    /// The probability of one no larger than this, were the true difference just at a floor above it: the larger of two
    /// one-sided tests (Schuirmann, J. Pharmacokinetics and Biopharmaceutics 15, 1987).
    func probability(beyond floor: Double) -> Double {
        let rest = floor - abs(value)
        if standardError == 0 { return rest >= 0 ? 0 : 1 }
        return distribution.survival(rest / standardError)
    }
}
