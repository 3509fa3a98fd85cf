import LinuxSystem

/// What a person asked for besides the scenario.
public struct RunOptions: Sendable {
    /// Seeded mistakes of the reference service.
    public var weaknesses: [String] = []
    /// Overrides the scenario's seed.
    public var seed: UInt64?
    /// Where alerts are sent besides the run's events.
    public var alertSinks: [AlertSink] = []
    /// Version of brink, for the record.
    public var brinkVersion = "0.1.0"

    /// The process that the run must not outlive; nil for a run by itself.
    public var supervisor: ProcessIdentity?

    public init() {}
}
