/// The nearest function (least squares) that never rises: pooling adjacent violators (Ayer, Brunk, Ewing, Reid and
/// Silverman, "An empirical distribution function for sampling with incomplete information", Annals of Mathematical
/// Statistics 26, 1955). What a target suffers must not grow with what it is given, so a bump in it is noise.
struct IsotonicFit: Sendable {
    /// Fitted values, one for each given.
    let values: [Double]

    /// - Parameters:
    ///   - values: in the order in which they should fall.
    ///   - weights: how much each counts, more than 0.
    init(falling values: [Double], weights: [Double]) {
        var blocks: [(mean: Double, weight: Double, count: Int)] = []
        for (value, weight) in zip(values, weights) {
            var block = (mean: value, weight: weight, count: 1)
            while let before = blocks.last, before.mean < block.mean {
                blocks.removeLast()
                let sum = before.weight + block.weight
                block = (
                    (before.mean * before.weight + block.mean * block.weight) / sum, sum, before.count + block.count
                )
            }
            blocks.append(block)
        }
        self.values = blocks.flatMap { Array(repeating: $0.mean, count: $0.count) }
    }
}
