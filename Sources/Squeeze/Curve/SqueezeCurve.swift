import Glibc

/// What the steps of a search show over the knob's values.
public struct SqueezeCurve: Sendable {
    /// By value, least first.
    public let levels: [SqueezeLevel]
    private let steps: [SqueezeStep]

    /// The burden from which a target counts as paying for its limit.
    public static let payingBurden = 0.2

    public init(_ steps: [SqueezeStep]) {
        self.steps = steps
        let limited = Dictionary(grouping: steps.filter { $0.value != nil && $0.holds != nil }) { $0.value ?? 0 }
        levels = limited.keys.sorted().map { SqueezeLevel(value: $0, steps: limited[$0] ?? []) }
    }

    /// The greatest value at which the wall was met.
    public var wall: SqueezeResult.Wall? {
        let met = steps.compactMap { step -> SqueezeResult.Wall? in
            guard let value = step.value, let sign = step.wall else { return nil }
            return SqueezeResult.Wall(value: value, sign: sign)
        }
        return met.max { $0.value < $1.value }
    }

    /// Where the target begins to pay: between the least value at which it does not and the next below, at which it
    /// does. Nil when it never pays or always does.
    /// - Parameter brink: above it, values that failed are left out: they paid for the way down, not for where they are.
    public func knee(brink: Double = .infinity) -> SqueezeResult.Estimate? {
        let known = levels.filter { $0.value <= brink || $0.holds >= $0.fails }.compactMap { level in
            level.burden.map { (value: level.value, burden: $0, level: level) }
        }
        guard known.count >= 2 else { return nil }
        // Beyond the bound it matters little how far; unbounded, one thrashing step would drag its neighbours along.
        let fit = IsotonicFit(
            falling: known.map { min(max($0.burden, 0), 1) },
            weights: known.map { Double(max($0.level.holds + $0.level.fails, 1)) })
        guard let free = fit.values.firstIndex(where: { $0 < SqueezeCurve.payingBurden }), free > 0 else { return nil }
        let (low, high) = (known[free - 1].value, known[free].value)
        let (above, below) = (fit.values[free - 1], fit.values[free])
        let share = (SqueezeCurve.payingBurden - below) / (above - below)
        return SqueezeResult.Estimate(value: high * pow(low / high, share), low: low, high: high)
    }
}
