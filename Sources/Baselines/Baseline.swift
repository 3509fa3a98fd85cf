/// What an undisturbed service was measured to do, on a machine that is described with it.
public struct Baseline: Equatable, Codable, Sendable {
    /// It grows when a reader of an older one would be misled.
    public static let currentFormat = 1

    public let format: Int
    public let name: String
    /// Id of the scenario whose services were measured.
    public let scenario: String
    /// Wall-clock time, ISO 8601 in UTC.
    public let savedAt: String
    /// How long the measuring took.
    public let seconds: Double
    public let settings: CollectionSettings
    /// The machine and the programs.
    public let environment: [String: String]
    /// Of those parts of the environment that stay.
    public let fingerprint: String
    public let metrics: [MetricRecord]
    public let notMeasured: [MissingMetric]

    public init(
        name: String, scenario: String, savedAt: String, seconds: Double, settings: CollectionSettings,
        environment: [String: String], metrics: [MetricRecord], notMeasured: [MissingMetric]
    ) {
        format = Self.currentFormat
        self.name = name
        self.scenario = scenario
        self.savedAt = savedAt
        self.seconds = seconds
        self.settings = settings
        self.environment = environment
        fingerprint = Fingerprint.of(environment)
        self.metrics = metrics
        self.notMeasured = notMeasured
    }

    /// As a comparison takes them.
    public var figures: [RunFigures] { metrics.map(\.figures) }

    public func metric(_ name: String) -> MetricRecord? { metrics.first { $0.metric.name == name } }
}
