/// One figure of each run of a collection, in the order of the runs: the median of what was measured in its window, or
/// what the window came to.
public struct RunFigures: Equatable, Sendable {
    public let metric: String
    public let values: [Double]
    public let direction: Direction
    /// The least difference that means anything, in the metric's unit: what the clock can tell, or what nobody would
    /// notice.
    public let resolution: Double
    /// What two whole collections on the same machine were seen to differ by, as a share of the mean.
    public let noise: Double?

    public init(
        metric: String, values: [Double], direction: Direction = .lowerIsBetter, resolution: Double = 0,
        noise: Double? = nil
    ) {
        self.metric = metric
        self.values = values
        self.direction = direction
        self.resolution = resolution
        self.noise = noise
    }
}
