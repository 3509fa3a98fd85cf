/// Of all measurements of a metric, over all runs.
public struct Percentiles: Equatable, Codable, Sendable {
    public let p50: Double
    public let p95: Double
    public let p99: Double

    public init(p50: Double, p95: Double, p99: Double) {
        self.p50 = p50
        self.p95 = p95
        self.p99 = p99
    }
}
