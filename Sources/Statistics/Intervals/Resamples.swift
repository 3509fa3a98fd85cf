import SeededRandom

/// Draws a sample anew from itself, with replacement.
struct Resamples {
    private let values: [Double]
    private var generator: SeededGenerator

    init(of values: [Double], seed: UInt64) {
        self.values = values
        generator = SeededGenerator(seed: seed)
    }

    /// Student's t of the next draw about the mean of the sample; infinite when all values drawn are equal.
    mutating func next(about mean: Double) -> Double {
        let count = Double(values.count)
        var sum = 0.0
        var squares = 0.0
        for _ in values.indices {
            // Deviations from the mean, so that their squares keep their digits.
            let deviation = values[nextPosition()] - mean
            sum += deviation
            squares += deviation * deviation
        }
        let variance = (squares - sum * sum / count) / (count - 1)
        let shift = sum / count
        // What is left of equal values by rounding is no variance.
        guard variance > squares * 1e-14 else { return shift == 0 ? 0 : shift * .infinity }
        return shift / (variance / count).squareRoot()
    }

    /// The high part of a product (Lemire, ACM TOMACS 29, 2019); its bias, below 2^-50 for any sample, is left.
    private mutating func nextPosition() -> Int {
        Int(generator.next().multipliedFullWidth(by: UInt64(values.count)).high)
    }
}
