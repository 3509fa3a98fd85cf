import Scenarios

/// What a squeezed target has to live up to.
struct Objective: Sendable {
    let condition: Condition

    /// Names of the metrics it is about.
    var metrics: [String] {
        condition.expression.operands.compactMap { if case .metric(let name) = $0 { name } else { nil } }
    }

    /// Whether it holds for a window's figures; nil when one that decides is missing.
    func holds(_ figures: [String: Double]) -> Bool? {
        condition.expression.evaluate { operand in
            if case .metric(let name) = operand { figures[name] } else { nil }
        }
    }

    /// How near it came to failing: 0 at the reference's figures, 1 at the bound, more beyond. Of parts joined by `and`
    /// the worst counts, of those joined by `or` the best.
    func burden(_ figures: [String: Double], reference: [String: Double]) -> Double? {
        Objective.burden(condition.expression, figures, reference)
    }

    private static func burden(
        _ expression: Expression, _ figures: [String: Double], _ reference: [String: Double]
    ) -> Double? {
        switch expression {
        case .comparison(.metric(let name), let comparator, let bound):
            guard let now = figures[name] else { return nil }
            let holds = comparator.holds(now, bound)
            let before = reference[name] ?? bound
            // Where the reference is at its bound already, and for equality, there is no way in between.
            let span = bound - before
            guard ![.equal, .notEqual].contains(comparator), abs(span) > 1e-12 else { return holds ? 0 : 2 }
            let share = (now - before) / span
            return holds ? min(share, 1) : max(share, 1)
        case .comparison: return nil
        case .and(let left, let right):
            let sides = (burden(left, figures, reference), burden(right, figures, reference))
            guard let first = sides.0 ?? sides.1 else { return nil }
            return max(first, sides.1 ?? first)
        case .or(let left, let right):
            guard let first = burden(left, figures, reference), let second = burden(right, figures, reference) else {
                return nil
            }
            return min(first, second)
        case .not(let inner):
            return inner.evaluate { if case .metric(let name) = $0 { figures[name] } else { nil } }.map { $0 ? 2 : 0 }
        }
    }
}
