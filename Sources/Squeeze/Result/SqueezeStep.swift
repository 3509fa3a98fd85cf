/// One measurement of a search, as it is recorded.
public struct SqueezeStep: Codable, Hashable, Sendable {
    /// From 1.
    public var number: Int
    public var unit: SqueezeSubject.Unit
    /// In that unit; absent without a limit.
    public var value: Double?
    public var purpose: Trial.Purpose
    public var approach: Trial.Approach
    /// Absent when it could not be told.
    public var holds: Bool?
    /// Whether it was counted: what held just after a recovery, or failed just after a steep drop, is looked at again.
    public var counts: Bool
    public var burden: Double?
    public var usage: Double?
    public var figures: [String: Double]
    public var wall: String?
    public var evidence: String?
    public var remark: String?
    /// Seconds on the run's clock.
    public var began: Double
    public var ended: Double
    /// How long the target took to recover after it, where it had to.
    public var drainSeconds: Double?

    init(number: Int, unit: SqueezeSubject.Unit, _ trial: Trial, _ outcome: TrialOutcome, counts: Bool) {
        self.number = number
        self.unit = unit
        value = trial.value
        purpose = trial.purpose
        approach = trial.approach
        holds = outcome.holds
        self.counts = counts
        burden = outcome.burden.flatMap { $0.isFinite ? $0 : nil }
        usage = outcome.usage
        figures = outcome.figures.filter(\.value.isFinite)
        wall = outcome.wall
        evidence = outcome.evidence
        remark = outcome.remark
        began = outcome.began
        ended = outcome.ended
    }
}
