/// What a baseline measures of a service.
public struct Metric: Equatable, Codable, Sendable {
    public let name: String
    public let unit: MetricUnit
    public let direction: Direction
    /// The least difference that means anything, in the unit.
    public let resolution: Double
    /// What it is, for people.
    public let about: String

    public init(
        _ name: String, _ unit: MetricUnit, _ direction: Direction = .lowerIsBetter, resolution: Double,
        about: String
    ) {
        self.name = name
        self.unit = unit
        self.direction = direction
        self.resolution = resolution
        self.about = about
    }
}
