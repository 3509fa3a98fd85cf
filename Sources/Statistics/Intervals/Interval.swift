/// A range that holds a figure with a stated confidence.
public struct Interval: Equatable, Sendable {
    public let lower: Double
    public let upper: Double
    /// Confidence, from 0 to 1.
    public let level: Double

    public init(lower: Double, upper: Double, level: Double) {
        self.lower = lower
        self.upper = upper
        self.level = level
    }

    /// The same distance on both sides.
    init(about center: Double, halfWidth: Double, level: Double) {
        self.init(lower: center - halfWidth, upper: center + halfWidth, level: level)
    }

    public func contains(_ value: Double) -> Bool {
        lower <= value && value <= upper
    }
}
