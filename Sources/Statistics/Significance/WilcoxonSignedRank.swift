/// Wilcoxon's signed-rank test of paired measurements: whether differences lie to one side of zero, whatever their
/// distribution. Differences of exactly zero are left out, as Wilcoxon did; equal ones share their ranks.
public struct WilcoxonSignedRank: Equatable, Sendable {
    /// Differences that are not zero.
    public let count: Int
    /// Sum of the ranks of positive differences.
    public let positiveRanks: Double
    /// Two-sided.
    public let pValue: Double
    /// Whether the p-value was counted out rather than approximated.
    public let isExact: Bool

    /// Up to so many differences the distribution is counted out.
    public static let mostCounted = 25

    /// Nil when no difference is left.
    public init?(_ differences: [Double]) {
        let kept = differences.filter { $0 != 0 }
        guard !kept.isEmpty else { return nil }
        let ranks = MidRanks(of: kept.map(abs))
        count = kept.count
        positiveRanks = zip(kept, ranks.values).reduce(0) { $0 + ($1.0 > 0 ? $1.1 : 0) }
        isExact = kept.count <= Self.mostCounted
        pValue = isExact ? Self.counted(positiveRanks, ranks) : Self.approximated(positiveRanks, ranks)
    }

    /// Over all assignments of signs to the ranks, equal ranks included.
    private static func counted(_ positive: Double, _ ranks: MidRanks) -> Double {
        // Shared ranks are halves: twice a rank is whole.
        let doubled = ranks.values.map { Int($0 * 2) }
        let total = doubled.reduce(0, +)
        var ways = [Double](repeating: 0, count: total + 1)
        ways[0] = 1
        for rank in doubled {
            for sum in stride(from: total, through: rank, by: -1) { ways[sum] += ways[sum - rank] }
        }
        let observed = Int(positive * 2)
        let least = min(observed, total - observed)
        let tail = ways[...least].reduce(0, +) / ways.reduce(0, +)
        return min(2 * tail, 1)
    }

    /// By the normal distribution, corrected for ties and for continuity.
    private static func approximated(_ positive: Double, _ ranks: MidRanks) -> Double {
        let n = Double(ranks.values.count)
        let ties = ranks.ties.reduce(0) { $0 + Double($1 * $1 * $1 - $1) }
        let variance = n * (n + 1) * (2 * n + 1) / 24 - ties / 48
        let distance = abs(positive - n * (n + 1) / 4)
        return min(2 * NormalDistribution.survival(max(distance - 0.5, 0) / variance.squareRoot()), 1)
    }
}
