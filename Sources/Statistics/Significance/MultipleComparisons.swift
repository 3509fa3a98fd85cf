/// Corrections for asking many questions at once. Both keep the probability of any false alarm at the level asked for,
/// however the questions depend on each other.
public enum MultipleComparisons {
    /// Adjusted p-values in the order given; reject those at or below the level.
    public static func bonferroni(_ pValues: [Double]) -> [Double] {
        pValues.map { min($0 * Double(pValues.count), 1) }
    }

    /// Holm's step-down method (Scandinavian Journal of Statistics 6, 1979): never weaker than Bonferroni's.
    public static func holm(_ pValues: [Double]) -> [Double] {
        var adjusted = pValues
        var highest = 0.0
        let order = pValues.indices.sorted { pValues[$0] < pValues[$1] }
        for (rank, index) in order.enumerated() {
            highest = max(highest, min(pValues[index] * Double(pValues.count - rank), 1))
            adjusted[index] = highest
        }
        return adjusted
    }
}
