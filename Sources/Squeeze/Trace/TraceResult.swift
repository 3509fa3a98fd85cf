/// What a trace found. As JSON this is `trace.json`; `format` grows when a reader of an older one would be misled.
public struct TraceResult: Codable, Hashable, Sendable {
    public var format = 1
    public var target: String
    /// Whether the last rounds agreed, so that `workingSet` can be relied on.
    public var isSteady: Bool
    /// Bytes that the target uses again and again; the last estimate.
    public var workingSet: SqueezeResult.Estimate?
    /// Bytes charged to the target at the beginning, and those that the kernel was asked to reclaim in all.
    public var before: Double
    public var asked: Double
    /// From the first reading to the last.
    public var seconds: Double
    public var estimates: [WorkingSetEstimate]

    public init(target: String, _ tracker: WorkingSetTracker) {
        self.target = target
        estimates = tracker.estimates
        isSteady = tracker.isSteady
        before = tracker.readings.first?.current ?? 0
        asked = tracker.estimates.reduce(0) { $0 + $1.reclaimed }
        seconds = (tracker.readings.last?.time ?? 0) - (tracker.readings.first?.time ?? 0)
        workingSet = tracker.estimates.last.map {
            SqueezeResult.Estimate(value: $0.value, low: $0.low, high: $0.high, confidence: nil)
        }
    }
}
