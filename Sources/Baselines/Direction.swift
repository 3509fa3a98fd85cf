/// Which way a metric is better.
public enum Direction: String, Codable, Sendable {
    case lowerIsBetter
    case higherIsBetter
}
