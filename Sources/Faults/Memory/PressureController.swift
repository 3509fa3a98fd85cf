/// Says where memory.high should be, so that the target stalls for a share of the time. Pure: fed with what was measured.
///
/// An integrating controller on the logarithm of the limit: stall grows steeply as the limit nears the working set, so
/// steps are relative to the limit and grow with the error; a bound keeps one bad reading from doing harm.
struct PressureController: Sendable {
    /// Time between two steps: long against a reclaim, short against the 10 s of avg10.
    static let interval = Duration.milliseconds(500)

    /// The share of time to stall, 0…1.
    private let goal: Double
    /// Bytes, whole pages.
    private(set) var limit: UInt64
    /// Smoothed share of stalled time; half of it is from the last two steps.
    private var smoothed: Double?
    /// What is added to the goal, so that the kernel's own average and not only this one's meets it.
    private var trim = 0.0

    private static let page: UInt64 = 4096
    private static let floor: UInt64 = 1 << 20
    /// So small that no error is cut off by the greatest step: what is cut off on one side only is a bias.
    private static let gain = 0.03
    private static let greatestStep = 0.1
    private static let trimGain = 0.05

    init(goal: Double, limit: UInt64) {
        self.goal = goal
        self.limit = max(limit / PressureController.page, 1) * PressureController.page
    }

    /// - Parameters:
    ///   - stalled: share of time stalled since the last step.
    ///   - average: the kernel's avg10 as a share, which is what was asked for.
    ///   - current: memory.current in bytes.
    mutating func step(stalled: Double, average: Double, current: UInt64) {
        let smoothed = (self.smoothed ?? stalled) * 0.5 + stalled * 0.5
        self.smoothed = smoothed
        // Only near the goal: on the way there the average lags, and a trim for that would overshoot.
        if abs(average - goal) < goal / 2 {
            trim = min(max(trim + (goal - average) * PressureController.trimGain, -goal / 2), goal / 2)
        }
        // Positive: too little pressure. In units of the goal, so that a goal of 5 % is met as exactly as one of 50 %.
        let error = (goal + trim - smoothed) / max(goal, 0.05)
        let bound = PressureController.greatestStep
        let change = min(max(error * PressureController.gain, -bound), bound)
        // A limit far above what is used does nothing: the way down starts from the use itself.
        let isLoose = limit > current + current / 4
        let base = error > 0 && isLoose ? max(current, PressureController.floor) : limit
        let next = Double(base) * (1 - change)
        limit = max(UInt64(next), PressureController.floor) / PressureController.page * PressureController.page
    }
}
