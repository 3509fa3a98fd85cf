import Glibc
import SeededRandom
import Statistics

/// Normal values, and ones made of them, from a seed.
struct NormalValues {
    private var generator: SeededGenerator

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    mutating func next() -> Double {
        NormalDistribution.quantile(uniform())
    }

    /// Between 0 and 1, neither included.
    mutating func uniform() -> Double {
        (Double(generator.next() >> 11) + 0.5) / 9_007_199_254_740_992
    }

    /// Of the exponential distribution with mean 1.
    mutating func exponential() -> Double {
        -log(uniform())
    }

    /// So many at once.
    consuming func next(_ count: Int) -> [Double] {
        var values = self
        return (0..<count).map { _ in values.next() }
    }
}
