/// Says where memory.high should be, so that the target stalls for a share of the time. Pure: fed with what was measured.
///
/// An integrating controller on the logarithm of the limit: stall grows steeply as the limit nears the working set, so
/// steps are relative to the limit and grow with the error; a bound keeps one bad reading from doing harm. Where the
/// stall hardly answers to the limit (a throttled target stalls for the same share over half its working set), an error
/// that keeps its sign lengthens the steps until it changes sign, as in Rprop (Riedmiller and Braun, 1993).
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
    /// How much longer than usual a step is, and for how many steps the error has kept its sign.
    private var stride = 1.0
    private var run = 0
    private var lastError = 0.0
    /// What the target used at the last steps. A target that frees and allocates all the time is often caught at its
    /// lowest; the most of some seconds is what it uses.
    private var uses: [UInt64] = []

    private static let page: UInt64 = 4096
    private static let floor: UInt64 = 1 << 20
    /// So small that no error is cut off by the greatest step: what is cut off on one side only is a bias.
    private static let gain = 0.03
    private static let greatestStep = 0.1
    private static let trimGain = 0.1
    private static let strideGrowth = 1.5
    private static let strideDecay = 0.25
    private static let greatestStride = 16.0
    /// Steps with an error of one sign before the stride grows: as many as the smoothing needs.
    private static let patience = 3
    private static let usesKept = 10

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
        // Only near the goal, and not while the average merely lags behind: a trim for that would overshoot.
        if abs(average - goal) < goal / 2, (average > goal) == (smoothed > goal) {
            trim = min(max(trim + (goal - average) * PressureController.trimGain, -goal / 2), goal / 2)
        }
        // Positive: too little pressure. In units of the goal, so that a goal of 5 % is met as exactly as one of 50 %.
        let error = (goal + trim - smoothed) / max(goal, 0.05)
        lengthen(by: error)
        let bound = PressureController.greatestStep
        let change = min(max(error * PressureController.gain * stride, -bound), bound)
        let next = Double(base(for: error, current: current)) * (1 - change)
        limit = max(UInt64(next), PressureController.floor) / PressureController.page * PressureController.page
    }

    /// Lengthens the stride while the error keeps its sign, and shortens it once it has changed.
    private mutating func lengthen(by error: Double) {
        if (error > 0) == (lastError > 0) {
            run += 1
            guard run >= PressureController.patience else { return }
            stride = min(stride * PressureController.strideGrowth, PressureController.greatestStride)
        } else {
            run = 0
            stride = max(stride * PressureController.strideDecay, 1)
        }
        lastError = error
    }

    /// Where the next step starts: a limit far above what is used does nothing, so the way down starts from the use.
    private mutating func base(for error: Double, current: UInt64) -> UInt64 {
        uses = uses.suffix(PressureController.usesKept - 1) + [current]
        let use = uses.max() ?? current
        let isLoose = limit > use + use / 4
        return error > 0 && isLoose ? max(use, PressureController.floor) : limit
    }
}
