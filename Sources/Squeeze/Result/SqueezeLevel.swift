/// Everything measured at one value of the knob.
public struct SqueezeLevel: Codable, Hashable, Sendable {
    public var value: Double
    public var holds: Int
    public var fails: Int
    /// Whether it held in one direction of approach and failed in another: the target remembers where it comes from.
    public var hasHysteresis: Bool
    /// Median over the measurements that count.
    public var burden: Double?
    /// Medians over the measurements that count, by metric name.
    public var figures: [String: Double]

    init(value: Double, steps: [SqueezeStep]) {
        self.value = value
        holds = steps.count { $0.holds == true && $0.counts }
        fails = steps.count { $0.holds == false && $0.counts }
        // A first look after a recovery that held, and a second one that did not, is the plainest case.
        let fresh = steps.filter { $0.approach == .recovered }.compactMap(\.holds)
        let worn = steps.filter { $0.approach != .recovered }.compactMap(\.holds)
        hasHysteresis =
            !fresh.isEmpty && !worn.isEmpty && Set(fresh).count == 1 && Set(worn).count == 1 && fresh[0] != worn[0]
        let decisive = steps.contains(where: \.counts) ? steps.filter(\.counts) : steps
        burden = SqueezeLevel.median(decisive.compactMap(\.burden))
        var figures: [String: Double] = [:]
        for name in Set(decisive.flatMap(\.figures.keys)) {
            figures[name] = SqueezeLevel.median(decisive.compactMap { $0.figures[name] })
        }
        self.figures = figures
    }

    /// Of an even number of values, the mean of the two in the middle.
    private static func median(_ values: [Double]) -> Double? {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }
}
