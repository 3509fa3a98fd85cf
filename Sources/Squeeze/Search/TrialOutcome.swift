/// What was measured over one trial's window.
public struct TrialOutcome: Hashable, Sendable {
    /// Whether the objective held; nil when that could not be told, as `remark` says.
    public var holds: Bool?
    /// How near the objective came to failing: 0 as without a limit, 1 at its bound, more beyond.
    public var burden: Double?
    /// What the target uses of the resource, in the knob's unit.
    public var usage: Double?
    /// Figures along the way by metric name, in base units.
    public var figures: [String: Double]
    /// The sign of the wall that was met, such as an OOM kill.
    public var wall: String?
    /// How the limit was seen to bind; nil when the target did not touch it.
    public var evidence: String?
    /// Why it could not be told, or what else is to be known.
    public var remark: String?
    /// Seconds on the run's clock, from the limit's change to the window's end.
    public var began: Double
    public var ended: Double

    public init(
        holds: Bool?, burden: Double? = nil, usage: Double? = nil, figures: [String: Double] = [:],
        wall: String? = nil, evidence: String? = nil, remark: String? = nil, began: Double = 0, ended: Double = 0
    ) {
        self.holds = holds
        self.burden = burden
        self.usage = usage
        self.figures = figures
        self.wall = wall
        self.evidence = evidence
        self.remark = remark
        self.began = began
        self.ended = ended
    }
}
