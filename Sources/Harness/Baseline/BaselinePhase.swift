/// A part of a run that measures some of the metrics.
protocol BaselinePhase: Sendable {
    /// Of a run's time.
    var share: Double { get }

    /// Measures until the end that the run sets; what has a least number of measurements may take longer.
    func measure(in run: BaselineRun, into findings: inout RunFindings) async throws
}

/// One run: a fresh window, in which every phase has its part.
struct BaselineRun: Sendable {
    /// From 0.
    let number: Int
    /// Begins every key that is written in it.
    let keyPrefix: String
    let seed: UInt64
    /// When the present phase ends, on the monotonic clock.
    let end: Duration
}
