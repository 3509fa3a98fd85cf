/// A sample in ascending order, for what depends on the order.
public struct SortedSample: Equatable, Sendable {
    public let values: [Double]

    /// Nil for no values at all.
    public init?(_ values: [Double]) {
        guard !values.isEmpty else { return nil }
        self.values = values.sorted()
    }

    /// By linear interpolation between the order statistics about (n - 1)p: definition 7 of Hyndman and Fan (American
    /// Statistician 50, 1996), the default of R and NumPy.
    /// - Parameter probability: from 0 to 1.
    public func quantile(_ probability: Double) -> Double {
        precondition((0...1).contains(probability), "a probability is from 0 to 1")
        let position = probability * Double(values.count - 1)
        let below = Int(position)
        guard below + 1 < values.count else { return values[values.count - 1] }
        // Unlike a weighted mean this stays exact between equal values, infinite ones too.
        guard values[below] != values[below + 1] else { return values[below] }
        return values[below] + (position - Double(below)) * (values[below + 1] - values[below])
    }

    public var median: Double { quantile(0.5) }

    /// Median distance from the median, unscaled.
    public var medianAbsoluteDeviation: Double {
        let middle = median
        return SortedSample(values.map { abs($0 - middle) })?.median ?? 0
    }
}
