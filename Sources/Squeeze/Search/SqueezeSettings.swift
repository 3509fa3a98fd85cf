/// How a search goes about it.
public struct SqueezeSettings: Codable, Hashable, Sendable {
    /// The unit of the knob's values.
    public var unit: SqueezeSubject.Unit
    /// The least value to try, in the knob's unit; more than 0.
    public var floor: Double
    /// The greatest value to try.
    public var ceiling: Double
    /// The knob takes multiples of this only: 4096 for bytes of memory, 1 for a number of descriptors.
    public var granularity: Double
    /// Where the search begins, as a multiple of what the target uses without a limit. An average hides peaks: CPU time
    /// wants more than 1, memory does not.
    public var startFactor = 1.0
    /// Ratio of one bracketing step to the one before, 0…1.
    public var shrink = 0.7
    /// Half the width of the interval that the brink is to be known to, as a share of the brink.
    public var tolerance = 0.02
    /// How probable it must be that the brink lies in that interval, 0.5…1.
    public var confidence = 0.95
    /// Most measurements that decide one candidate; odd, so that there is a majority.
    public var repeats = 3
    /// Added to the brink for the recommended setting, as a share of it.
    public var headRoom = 0.2
    /// Most measurements in all.
    public var maximumSteps = 80
    /// Longest search in seconds; then what is known by then is the answer.
    public var longestSeconds = 1800.0

    public init(floor: Double, ceiling: Double, granularity: Double, unit: SqueezeSubject.Unit) {
        self.unit = unit
        self.floor = floor
        self.ceiling = ceiling
        self.granularity = granularity
    }

    /// The knob's nearest value that is at least the floor and at most the ceiling.
    func admissible(_ value: Double) -> Double {
        let nearest = (value / granularity).rounded() * granularity
        return min(max(nearest, rounded(up: floor)), ceiling)
    }

    func rounded(up value: Double) -> Double { (value / granularity).rounded(.up) * granularity }

    func rounded(down value: Double) -> Double { (value / granularity).rounded(.down) * granularity }
}
