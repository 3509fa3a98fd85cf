import Events

/// One phase of a run.
public struct PhaseResult: Codable, Hashable, Sendable {
    public var phase: PhaseChange.Phase
    /// Seconds from the run's start.
    public var start: Double
    /// Seconds from the run's start; of an interrupted run's last phase, the last event.
    public var end: Double
}
