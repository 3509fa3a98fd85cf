import Glibc

/// Student's t distribution.
public struct StudentTDistribution: Sendable {
    /// Above zero, not necessarily whole.
    public let degreesOfFreedom: Double

    public init(degreesOfFreedom: Double) {
        precondition(degreesOfFreedom > 0, "degrees of freedom are above zero")
        self.degreesOfFreedom = degreesOfFreedom
    }

    public func density(_ t: Double) -> Double {
        let n = degreesOfFreedom
        return exp(-log1p(t * t / n) * (n + 1) / 2 - log(n) / 2 - LogGamma.beta(n / 2, 0.5))
    }

    /// The probability of at most t.
    public func cumulative(_ t: Double) -> Double {
        survival(-t)
    }

    /// The probability of more than t; keeps its digits where it is small.
    public func survival(_ t: Double) -> Double {
        guard t.isFinite else { return t > 0 ? 0 : 1 }
        let n = degreesOfFreedom
        let square = t * t
        let tail = IncompleteBeta.regularized(n / 2, 0.5, at: n / (n + square), rest: square / (n + square)) / 2
        return t >= 0 ? tail : 1 - tail
    }

    /// The probability of a value at least as far from zero as t, on either side.
    public func twoSided(_ t: Double) -> Double {
        min(2 * survival(abs(t)), 1)
    }

    /// The value that is not exceeded with the given probability.
    /// - Parameter probability: from 0 to 1; the ends give the infinities.
    public func quantile(_ probability: Double) -> Double {
        precondition((0...1).contains(probability), "a probability is from 0 to 1")
        guard probability > 0 else { return -.infinity }
        guard probability < 1 else { return .infinity }
        if probability == 0.5 { return 0 }
        let tail = min(probability, 1 - probability)
        let distance = upperQuantile(tail)
        return probability < 0.5 ? -distance : distance
    }

    /// The value exceeded with a probability below a half: Newton's steps, kept inside a bracket that only shrinks.
    private func upperQuantile(_ tail: Double) -> Double {
        var low = 0.0
        var high = max(-NormalDistribution.quantile(tail), 1)
        while survival(high) > tail {
            low = high
            high *= 2
        }
        var guess = (low + high) / 2
        for _ in 0..<200 where high - low > 1e-15 * high {
            let excess = survival(guess) - tail
            if excess == 0 { return guess }
            if excess > 0 { low = guess } else { high = guess }
            let step = guess + excess / density(guess)
            let next = step > low && step < high ? step : (low + high) / 2
            if abs(next - guess) <= 1e-15 * guess { return next }
            guess = next
        }
        return guess
    }
}
