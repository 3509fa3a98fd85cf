/// The working set as it was taken to be at one moment of a trace.
public struct WorkingSetEstimate: Codable, Hashable, Sendable {
    /// Seconds on the run's clock.
    public var time: Double
    /// Bytes charged to the target.
    public var current: Double
    /// Share of the round that some task stalled on memory, 0…1.
    public var stalled: Double
    /// Bytes read in again in the round.
    public var refaulted: Double
    /// Bytes that the kernel had been asked to reclaim at the round's beginning.
    public var reclaimed: Double
    /// The estimate in bytes: median of the last rounds, with the least and the most.
    public var value: Double
    public var low: Double
    public var high: Double
    /// Whether the rounds agree and the target has shown that it would not give more.
    public var isSteady: Bool
}
