import Foundation

/// The vertical axis of a chart: from its values to places from 0, the bottom, to 1, the top.
struct ValueScale: Hashable {
    struct Tick: Hashable {
        let value: Double
        let label: String
    }

    let isLogarithmic: Bool
    let lowest: Double
    let highest: Double
    let ticks: [Tick]

    /// - Parameters:
    ///   - range: lowest and highest value in the unit's base.
    ///   - smallest: the smallest value above zero; with it, an axis that spans more than a factor of 50 is logarithmic.
    init(highest: Double, smallest: Double? = nil, unit: MetricUnit) {
        if let smallest, smallest > 0, highest / smallest > 50 {
            self.init(logarithmic: smallest...highest, unit: unit)
        } else {
            self.init(linear: highest, unit: unit)
        }
    }

    /// A linear axis that need not begin at 0, or a logarithmic one over more than a factor of 50: for values whose
    /// differences matter, not their sizes.
    init(spanning range: ClosedRange<Double>, unit: MetricUnit) {
        if range.lowerBound > 0, range.upperBound / range.lowerBound > 50 {
            self.init(logarithmic: range, unit: unit)
        } else {
            self.init(linear: range, unit: unit)
        }
    }

    /// From 0 to 1; what lies outside the axis is put on its edge.
    func place(_ value: Double) -> Double {
        let share =
            isLogarithmic
            ? (log10(max(value, lowest)) - log10(lowest)) / (log10(highest) - log10(lowest))
            : (value - lowest) / (highest - lowest)
        return min(max(share, 0), 1)
    }

    private init(linear range: ClosedRange<Double>, unit: MetricUnit) {
        let top = range.upperBound > range.lowerBound ? range.upperBound : range.lowerBound + max(range.lowerBound, 1)
        let factor = ValueScale.factor(top, unit)
        let step = ValueScale.niceStep((top - range.lowerBound) / factor / 6, isWhole: unit == .count) * factor
        let first = Int((range.lowerBound / step).rounded(.down))
        let last = max(Int((top / step).rounded(.up)), first + 1)
        isLogarithmic = false
        lowest = Double(first) * step
        highest = Double(last) * step
        ticks = (first...last).map { Tick(value: Double($0) * step, label: unit.text(Double($0) * step)) }
    }

    private init(linear highest: Double, unit: MetricUnit) {
        let top = highest > 0 && highest.isFinite ? highest : ValueScale.emptyTop(unit)
        let factor = ValueScale.factor(top, unit)
        let step = ValueScale.niceStep(top / factor / 3, isWhole: unit == .count) * factor
        let count = Int((top / step).rounded(.up))
        isLogarithmic = false
        lowest = 0
        self.highest = step * Double(max(count, 1))
        ticks = (0...max(count, 1)).map { Tick(value: Double($0) * step, label: unit.text(Double($0) * step)) }
    }

    private init(logarithmic range: ClosedRange<Double>, unit: MetricUnit) {
        let low = Int(log10(range.lowerBound).rounded(.down))
        let high = max(Int(log10(range.upperBound).rounded(.up)), low + 1)
        isLogarithmic = true
        lowest = pow(10, Double(low))
        highest = pow(10, Double(high))
        // More than five labels would touch each other.
        let stride = (high - low) / 5 + 1
        ticks = (low...high).filter { ($0 - low).isMultiple(of: stride) }.map {
            Tick(value: pow(10, Double($0)), label: unit.text(pow(10, Double($0))))
        }
    }

    /// What an axis shows when all values are zero.
    private static func emptyTop(_ unit: MetricUnit) -> Double {
        switch unit {
        case .fraction: 0.01
        case .percent: 1
        case .seconds: 0.001
        case .bytes: 1_048_576
        case .perSecond, .count: 1
        }
    }

    /// The size of the unit in which the ticks are to be round numbers.
    private static func factor(_ top: Double, _ unit: MetricUnit) -> Double {
        switch unit {
        case .bytes: MetricUnit.binary(top).divisor
        case .fraction: 0.01
        case .seconds, .percent, .perSecond, .count: 1
        }
    }

    /// The next of 1, 2, 2.5, 5 times a power of ten.
    private static func niceStep(_ rough: Double, isWhole: Bool) -> Double {
        let power = pow(10, log10(rough).rounded(.down))
        let step = ([1, 2, 2.5, 5, 10].first { $0 * power >= rough * 0.999 } ?? 10) * power
        return isWhole ? max(step.rounded(.up), 1) : step
    }
}
