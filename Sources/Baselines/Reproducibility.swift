import Statistics

/// By how much whole collections of the same service on the same machine differ in one metric.
public struct Reproducibility: Equatable, Codable, Sendable {
    /// How many collections it was measured over.
    public let collections: Int
    /// From the lowest mean to the highest, as a share of the mean of all.
    public let relativeSpread: Double
    /// What a further collection is expected to differ by at most, in 95 of 100 cases, as a share of the mean; nil for two
    /// collections, which say too little of it.
    public let predictedDifference: Double?

    /// Nil for fewer than two collections, and for a mean of zero.
    /// - Parameter means: of each collection.
    public init?(_ means: [Double]) {
        guard means.count >= 2, let summary = SampleSummary(means), summary.mean != 0 else { return nil }
        collections = means.count
        relativeSpread = (summary.maximum - summary.minimum) / abs(summary.mean)
        guard means.count >= 3 else {
            predictedDifference = nil
            return
        }
        // Between two single collections: both vary.
        let t = StudentTDistribution(degreesOfFreedom: Double(means.count - 1)).quantile(0.975)
        predictedDifference = t * summary.standardDeviation * 2.0.squareRoot() / abs(summary.mean)
    }

    /// What a comparison takes for the machine's own noise.
    public var noise: Double { predictedDifference ?? relativeSpread }
}
