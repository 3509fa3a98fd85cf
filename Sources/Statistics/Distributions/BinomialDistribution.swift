import Glibc

/// The binomial distribution: how many of a number of independent trials succeed.
public struct BinomialDistribution: Sendable {
    public let trials: Int
    /// Of one success.
    public let probability: Double

    /// - Parameters:
    ///   - trials: zero or more.
    ///   - probability: from 0 to 1.
    public init(trials: Int, probability: Double) {
        precondition(trials >= 0 && (0...1).contains(probability), "trials >= 0, and a probability from 0 to 1")
        self.trials = trials
        self.probability = probability
    }

    /// The probability of exactly so many successes.
    public func mass(_ successes: Int) -> Double {
        guard (0...trials).contains(successes) else { return 0 }
        if probability == 0 { return successes == 0 ? 1 : 0 }
        if probability == 1 { return successes == trials ? 1 : 0 }
        let (n, k) = (Double(trials), Double(successes))
        let ways = LogGamma.value(n + 1) - LogGamma.value(k + 1) - LogGamma.value(n - k + 1)
        return exp(ways + k * log(probability) + (n - k) * log1p(-probability))
    }

    /// The probability of at most so many successes.
    public func cumulative(_ successes: Int) -> Double {
        guard successes >= 0 else { return 0 }
        guard successes < trials else { return 1 }
        return IncompleteBeta.regularized(
            Double(trials - successes), Double(successes + 1), at: 1 - probability, rest: probability)
    }

    /// The probability of more than so many successes; keeps its digits where it is small.
    public func survival(_ successes: Int) -> Double {
        guard successes >= 0 else { return 1 }
        guard successes < trials else { return 0 }
        return IncompleteBeta.regularized(
            Double(successes + 1), Double(trials - successes), at: probability, rest: 1 - probability)
    }
}
