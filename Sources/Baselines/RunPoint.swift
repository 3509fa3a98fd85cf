/// What one run came to in one metric.
public struct RunPoint: Equatable, Codable, Sendable {
    public let median: Double
    public let mean: Double
    /// How many measurements are in it.
    public let count: Int

    public init(median: Double, mean: Double, count: Int) {
        self.median = median
        self.mean = mean
        self.count = count
    }
}
