/// How much the values of a series, in the order in which they were measured, depend on those before them.
public struct Autocorrelation: Equatable, Sendable {
    public let count: Int
    /// Of lags 1, 2 and so on.
    public let coefficients: [Double]

    /// - Parameter lags: how many; fewer when the series is short.
    /// Nil for fewer than three values, and for a series that does not vary.
    public init?(_ values: [Double], lags: Int) {
        guard values.count >= 3, lags >= 1, let summary = SampleSummary(values), summary.standardDeviation > 0 else {
            return nil
        }
        count = values.count
        let deviations = values.map { $0 - summary.mean }
        let total = deviations.reduce(0) { $0 + $1 * $1 }
        coefficients = (1...min(lags, values.count - 2)).map { lag in
            zip(deviations, deviations.dropFirst(lag)).reduce(0) { $0 + $1.0 * $1.1 } / total
        }
    }

    /// From a value to the next.
    public var lagOne: Double { coefficients[0] }

    /// A lag-1 coefficient of independent values stays within this on both sides 95 % of the time: 1.96 / √n.
    public var bound: Double { 1.96 / Double(count).squareRoot() }

    /// Ljung and Box's statistic (Biometrika 65, 1978) over all lags, and the probability of one as large when the values
    /// are independent.
    public var ljungBox: (statistic: Double, pValue: Double) {
        let n = Double(count)
        let sum = coefficients.enumerated().reduce(0) { $0 + $1.element * $1.element / (n - Double($1.offset + 1)) }
        let statistic = n * (n + 2) * sum
        return (statistic, ChiSquaredDistribution(degreesOfFreedom: Double(coefficients.count)).survival(statistic))
    }

    /// Whether independence cannot be ruled out, at 5 %.
    public var looksIndependent: Bool { ljungBox.pValue >= 0.05 }

    /// How many independent values tell as much about the mean as these, when each carries on a share of the one before
    /// (an autoregressive series of order 1). Only a coefficient beyond the bound counts: below it the estimate is mostly
    /// noise.
    public var effectiveCount: Double {
        guard lagOne > bound else { return Double(count) }
        return max(Double(count) * (1 - lagOne) / (1 + lagOne), 2)
    }
}
