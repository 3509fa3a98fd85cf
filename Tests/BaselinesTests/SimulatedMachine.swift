import Baselines
import Glibc
import SeededRandom
import Statistics

/// A machine whose state drifts, and collections measured on it.
struct SimulatedMachine {
    /// Standard deviation of the factor that all metrics of a run share, relative.
    var drift = 0.0
    /// How much of a run's factor carries on into the next one, from 0 to 1.
    var carry = 0.0
    /// Standard deviation of a factor that a whole collection has, relative.
    var shift = 0.0
    /// Standard deviation of a metric's own noise in a run's median, relative.
    var noise = 0.02
    /// The share of runs in which a neighbour makes everything a third slower.
    var disturbed = 0.0
    private var generator: SeededGenerator

    /// As many as `brink baseline save` measures.
    static let metrics = 44

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    /// - Parameter slowdown: of the first metric.
    mutating func collection(runs: Int = 10, slowdown: Double = 1, noise measured: Double? = nil) -> [RunFigures] {
        let level = exp(shift * normal())
        var state = normal()
        let factors = (0..<runs).map { _ in
            state = carry * state + (1 - carry * carry).squareRoot() * normal()
            return level * exp(drift * state) * (uniform() < disturbed ? 4 / 3 : 1)
        }
        return (0..<Self.metrics).map { metric in
            let truth = 0.001 * Double(metric + 1) * (metric == 0 ? slowdown : 1)
            let values = factors.map { truth * $0 * exp(noise * normal()) }
            return RunFigures(metric: "metric\(metric)", values: values, noise: measured)
        }
    }

    private mutating func normal() -> Double { NormalDistribution.quantile(uniform()) }

    private mutating func uniform() -> Double { (Double(generator.next() >> 11) + 0.5) / 9_007_199_254_740_992 }
}
