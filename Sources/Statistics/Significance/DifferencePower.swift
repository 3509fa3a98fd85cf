/// How surely a comparison of two means finds a difference, when their standard deviation is estimated from one side, as
/// the prediction interval does.
public struct DifferencePower: Sendable {
    /// As a share of the mean, or in any unit that the standard deviation has too; above zero.
    public let difference: Double
    /// Between runs; above zero.
    public let standardDeviation: Double
    /// Two-sided level of the test, corrected for the number of questions.
    public let significance: Double

    public init(difference: Double, standardDeviation: Double, significance: Double) {
        precondition(difference > 0 && standardDeviation > 0, "difference and standard deviation are above zero")
        precondition(significance > 0 && significance < 1, "a level of significance is above 0 and below 1")
        self.difference = difference
        self.standardDeviation = standardDeviation
        self.significance = significance
    }

    /// The probability of finding it with so many old and new runs.
    /// - Parameters:
    ///   - old: at least two.
    ///   - new: at least one.
    public func power(old: Int, new: Int) -> Double {
        let degrees = Double(old - 1)
        let critical = StudentTDistribution(degreesOfFreedom: degrees).quantile(1 - significance / 2)
        let width = (1 / Double(old) + 1 / Double(new)).squareRoot()
        let shifted = NoncentralTDistribution(
            degreesOfFreedom: degrees, noncentrality: difference / (standardDeviation * width))
        return 1 - shifted.cumulative(critical) + shifted.cumulative(-critical)
    }

    /// The least number of runs on each side that finds it so surely; nil beyond the most.
    public func runsNeeded(power wanted: Double = 0.8, most: Int = 1_000) -> Int? {
        var low = 1
        var high = 2
        while power(old: high, new: high) < wanted {
            guard high < most else { return nil }
            low = high
            high = min(high * 2, most)
        }
        // The power grows with the number of runs.
        while high - low > 1 {
            let middle = (low + high) / 2
            if power(old: middle, new: middle) < wanted { low = middle } else { high = middle }
        }
        return high
    }
}
