/// What a search found. As JSON this is `squeeze.json`; `format` grows when a reader of an older one would be misled.
public struct SqueezeResult: Codable, Hashable, Sendable {
    /// A value with the interval it lies in.
    public struct Estimate: Codable, Hashable, Sendable {
        public var value: Double
        public var low: Double
        public var high: Double
        /// The probability that it lies between `low` and `high`; absent where none is claimed.
        public var confidence: Double?
    }

    /// Where the kernel or the target itself gives up.
    public struct Wall: Codable, Hashable, Sendable {
        /// The greatest value at which it was met.
        public var value: Double
        /// What was seen, such as an OOM kill.
        public var sign: String
    }

    public var format = 1
    public var subject: SqueezeSubject
    public var settings: SqueezeSettings
    public var outcome: SqueezeOutcome
    /// What the target uses without a limit.
    public var usage: Double?
    /// The least value with which the objective holds.
    public var brink: Estimate?
    /// Where the objective's figures begin to rise: a fifth of the way from where they are without a limit to their
    /// bound.
    public var knee: Estimate?
    public var wall: Wall?
    /// The brink's upper end with head room, and at least the knee.
    public var recommended: Double?
    /// The least value that most measurements held at, and the greatest that most failed at.
    public var held: Double?
    public var failed: Double?
    public var levels: [SqueezeLevel]
    public var steps: [SqueezeStep]
    /// From the first measurement to the last.
    public var seconds: Double

    init(
        subject: SqueezeSubject, settings: SqueezeSettings, outcome: SqueezeOutcome, usage: Double?,
        levels: [SqueezeLevel], steps: [SqueezeStep], seconds: Double
    ) {
        self.subject = subject
        self.settings = settings
        self.outcome = outcome
        self.usage = usage
        self.levels = levels
        self.steps = steps
        self.seconds = seconds
    }
}
