import Glibc

/// What is known of the brink: for every value it could have, how probable it is after all answers so far.
///
/// The answers of a live system are noisy, most of all near the brink, and now and then wrong far from it. So they are
/// taken as those of an observer with a psychometric function: a target at `value` meets its objective with the
/// probability λ + (1 − 2λ) / (1 + exp(−ln(value / brink) / σ)). The slope σ and the lapse rate λ are not known either
/// and are marginalised (Kontsevich and Tyler, "Bayesian adaptive estimation of psychometric slope and threshold",
/// Vision Research 39, 1999; before that Watson and Pelli, "QUEST", Perception & Psychophysics 33, 1983). Asking at the
/// median of what is left is probabilistic bisection (Waeber, Frazier and Henderson, "Bisection search with noisy
/// responses", SIAM Journal on Control and Optimization 51, 2013).
struct ThresholdBelief: Sendable {
    private struct Model {
        let slope: Double
        let lapse: Double
        let prior: Double
    }

    private static let models: [Model] = [
        (0.001, 0.2), (0.003, 0.3), (0.01, 0.3), (0.03, 0.15), (0.08, 0.05),
    ].flatMap { slope in
        [(0.01, 0.65), (0.05, 0.3), (0.2, 0.05)].map { lapse in
            Model(slope: slope.0, lapse: lapse.0, prior: slope.1 * lapse.1)
        }
    }

    /// Natural logarithm of the range's lower end, and the width of a cell.
    private let start: Double
    private let width: Double
    private let count: Int
    /// For each model, the probability of each cell.
    private var weights: [[Double]]
    /// The probability of each cell, whatever the model.
    private var marginal: [Double]

    /// - Parameters:
    ///   - range: where the brink can be, both more than 0.
    ///   - bracket: where it should be by what is known, within the range. There every ratio is as probable as any other;
    ///     outside it becomes less so, by a Cauchy distribution, whose heavy tails a few answers can overcome.
    ///   - resolution: width of a cell as a share of its value.
    init(range: ClosedRange<Double>, bracket: ClosedRange<Double>, resolution: Double) {
        start = log(range.lowerBound)
        let span = max(log(range.upperBound) - start, resolution)
        count = min(max(Int((span / resolution).rounded(.up)), 8), 6000)
        width = span / Double(count)
        let (low, high) = (log(bracket.lowerBound), log(bracket.upperBound))
        let scale = max((high - low) / 4, resolution)
        let (first, step) = (start, width)
        let densities = (0..<count).map { cell in
            let place = first + (Double(cell) + 0.5) * step
            let outside = max(low - place, place - high, 0) / scale
            return 1 / (1 + outside * outside)
        }
        let sum = densities.reduce(0, +)
        marginal = densities.map { $0 / sum }
        weights = Self.models.map { model in densities.map { $0 / sum * model.prior } }
    }

    /// Takes one answer.
    mutating func learn(value: Double, holds: Bool) {
        let place = log(value)
        var sums = [Double](repeating: 0, count: count)
        var total = 0.0
        for (index, model) in Self.models.enumerated() {
            for cell in 0..<count {
                let distance = (place - centre(cell)) / model.slope
                let meets = model.lapse + (1 - 2 * model.lapse) / (1 + exp(-distance))
                let weight = weights[index][cell] * (holds ? meets : 1 - meets)
                weights[index][cell] = weight
                sums[cell] += weight
                total += weight
            }
        }
        // Never 0: every model gives every answer at least its lapse rate.
        for index in weights.indices {
            for cell in 0..<count { weights[index][cell] /= total }
        }
        marginal = sums.map { $0 / total }
    }

    /// The value that the brink is below with the given probability.
    func quantile(_ probability: Double) -> Double {
        var sum = 0.0
        for cell in 0..<count {
            let next = sum + marginal[cell]
            if next >= probability, marginal[cell] > 0 {
                let share = (probability - sum) / marginal[cell]
                return exp(start + (Double(cell) + share) * width)
            }
            sum = next
        }
        return exp(start + Double(count) * width)
    }

    /// The probability that the brink lies between two values.
    func probability(from low: Double, to high: Double) -> Double {
        let bounds = (log(low) - start, log(high) - start)
        var sum = 0.0
        for cell in 0..<count {
            let from = Double(cell) * width
            let overlap = min(bounds.1, from + width) - max(bounds.0, from)
            if overlap > 0 { sum += marginal[cell] * min(overlap / width, 1) }
        }
        return min(sum, 1)
    }

    private func centre(_ cell: Int) -> Double { start + (Double(cell) + 0.5) * width }
}
