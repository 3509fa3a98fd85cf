/// What a sample comes to.
public struct SampleSummary: Equatable, Sendable {
    public let count: Int
    public let mean: Double
    /// With n - 1 in the denominator; zero for a single value.
    public let standardDeviation: Double
    public let minimum: Double
    public let maximum: Double

    /// Nil for no values at all.
    public init?(_ values: [Double]) {
        guard let minimum = values.min(), let maximum = values.max() else { return nil }
        count = values.count
        let mean = values.reduce(0, +) / Double(values.count)
        self.mean = mean
        // In two passes: sums of squares lose the digits of values that are far from zero.
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        standardDeviation = values.count > 1 ? (squares / Double(values.count - 1)).squareRoot() : 0
        self.minimum = minimum
        self.maximum = maximum
    }

    /// Of the mean.
    public var standardError: Double { standardDeviation / Double(count).squareRoot() }

    /// Standard deviation as a share of the mean; nil for a mean of zero.
    public var relativeDeviation: Double? { mean == 0 ? nil : standardDeviation / abs(mean) }
}
