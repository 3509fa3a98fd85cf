import Scenarios

/// A one-sided cumulative sum of what is beyond the usual. What is usual, and how much it varies, is learnt while nothing
/// disturbs; without that the first values teach it.
struct CumulativeSum {
    private let change: AlertRule.ChangePoint
    private var count = 0.0
    private var mean = 0.0
    /// Sum of squared deviations (Welford).
    private var squares = 0.0
    private var sum = 0.0

    /// Half a change of one unit is what counts as drift, and four units in all as a change: the usual choice for
    /// changes of about a unit (Montgomery, Introduction to Statistical Quality Control, chapter on CUSUM).
    private static let allowance = 0.5
    private static let limit = 4.0
    /// One value may not say all by itself, or each single late answer would be a change.
    private static let most = 3.0
    private static let least = 5.0

    init(_ change: AlertRule.ChangePoint) {
        self.change = change
    }

    private mutating func learn(_ value: Double) {
        count += 1
        let distance = value - mean
        mean += distance / count
        squares += distance * (value - mean)
    }

    /// - Parameter isUndisturbed: whether the value may teach what is usual.
    mutating func take(_ value: Double, isUndisturbed: Bool) {
        if isUndisturbed || count < CumulativeSum.least { learn(value) }
        guard count >= CumulativeSum.least else { return }
        let deviation = count > 1 ? (squares / (count - 1)).squareRoot() : 0
        // In units of the least change that matters, or of three deviations where the usual itself varies more.
        let unit = max(change.floor, change.share * abs(mean), 3 * deviation)
        guard unit > 0 else { return }
        let distance = (change.direction == .up ? value - mean : mean - value) / unit
        sum = max(0, sum + min(distance, CumulativeSum.most) - CumulativeSum.allowance)
        // No longer than it takes to tell: else a long outage would go on firing long after its end.
        sum = min(sum, CumulativeSum.limit + 1)
    }

    var hasChanged: Bool { sum >= CumulativeSum.limit }
}
