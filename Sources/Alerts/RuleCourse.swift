import Scenarios

/// One rule as values come in: pending while it holds, firing when it has held for long enough, resolved when it holds no
/// more. Pure.
struct RuleCourse {
    let rule: AlertRule
    private var trend: Trend?
    private var holdsSince: Double?
    private var heldLast = -Double.infinity
    private(set) var isFiring = false
    /// Whether there was anything to look at so far.
    private(set) var isTried = false

    /// What a kind of rule has to remember.
    private enum Trend {
        case rise(SlidingWindow)
        case burn(long: SlidingWindow, short: SlidingWindow)
        case change(CumulativeSum)
    }

    enum Step: Hashable {
        case fired(value: Double)
        case resolved(value: Double)
    }

    init(_ rule: AlertRule) {
        self.rule = rule
        switch rule.kind {
        case .threshold: trend = nil
        case .rise(_, let over, _): trend = .rise(SlidingWindow(over.inSeconds))
        case .burn(let burn):
            trend = .burn(long: SlidingWindow(burn.long.inSeconds), short: SlidingWindow(burn.short.inSeconds))
        case .change(let change): trend = .change(CumulativeSum(change))
        }
    }

    /// - Parameters:
    ///   - time: in seconds; later than the last.
    ///   - isUndisturbed: nothing is injected and nothing was, so that a rule may learn what is usual.
    mutating func take(_ values: [String: Double], at time: Double, isUndisturbed: Bool) -> Step? {
        if rule.metrics.contains(where: { values[$0] != nil }) { isTried = true }
        let (holds, value) = look(values, time, isUndisturbed)
        guard holds else {
            holdsSince = nil
            guard isFiring, time - heldLast >= rule.keptFiring.inSeconds else { return nil }
            isFiring = false
            return .resolved(value: value)
        }
        heldLast = time
        let since = holdsSince ?? time
        holdsSince = since
        guard !isFiring, time - since >= rule.sustained.inSeconds else { return nil }
        isFiring = true
        return .fired(value: value)
    }

    /// A value that is not known counts as not holding: an alert about silence is a rule of its own.
    private mutating func look(
        _ values: [String: Double], _ time: Double, _ isUndisturbed: Bool
    ) -> (holds: Bool, value: Double) {
        let value = rule.metrics.first.flatMap { values[$0] }
        switch (rule.kind, trend) {
        case (.threshold(let condition), _):
            return (condition.expression.evaluate(values) == true, value ?? 0)
        case (.rise(_, _, let perSecond), .rise(var window)?):
            guard let value, value.isFinite else { return (false, 0) }
            window.take(value, at: time)
            trend = .rise(window)
            let slope = window.slope ?? 0
            return (slope > perSecond, slope)
        case (.burn(let burn), .burn(var long, var short)?):
            guard let value, value.isFinite else { return (false, 0) }
            long.take(value, at: time)
            short.take(value, at: time)
            trend = .burn(long: long, short: short)
            return (long.mean > burn.limit && short.mean > burn.limit, short.mean)
        case (.change, .change(var sum)?):
            guard let value, value.isFinite else { return (false, 0) }
            sum.take(value, isUndisturbed: isUndisturbed)
            trend = .change(sum)
            return (sum.hasChanged, value)
        default:
            return (false, 0)
        }
    }
}
