/// Which values of a sample lie far out. They are to be told, never to be dropped: an outlier is a measurement.
public enum Outliers {
    /// The bound that Iglewicz and Hoaglin recommend (How to Detect and Handle Outliers, 1993).
    public static let bound = 3.5

    /// Distances from the median in robust standard deviations: the modified z-score of Iglewicz and Hoaglin, by the
    /// median absolute deviation, or by the mean absolute deviation where more than half of the values are equal.
    public static func scores(of values: [Double]) -> [Double] {
        guard let sample = SortedSample(values) else { return [] }
        let median = sample.median
        let spread = sample.medianAbsoluteDeviation
        if spread > 0 { return values.map { 0.6745 * ($0 - median) / spread } }
        let mean = values.reduce(0) { $0 + abs($1 - median) } / Double(values.count)
        return values.map { mean == 0 ? 0 : ($0 - median) / (1.253314 * mean) }
    }

    /// Positions of the values whose score is beyond the bound.
    public static func positions(in values: [Double]) -> [Int] {
        scores(of: values).enumerated().filter { abs($0.element) > bound }.map(\.offset)
    }
}
