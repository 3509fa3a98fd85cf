import Scenarios

/// A reason to stop, looked at moment by moment.
public struct SustainedAbort: Hashable, Sendable {
    private let abort: Scenario.AbortCondition
    private var condition: SustainedCondition
    private var seen: [String: Double] = [:]

    public init(_ abort: Scenario.AbortCondition) {
        self.abort = abort
        condition = SustainedCondition(abort.condition)
    }

    /// Takes the values of one moment.
    public mutating func holds(_ values: [String: Double], at now: Duration) -> Bool {
        guard condition.holds(values, at: now) else { return false }
        for case .metric(let name) in abort.condition.expression.operands { seen[name] = values[name] }
        return true
    }

    /// What to tell once it holds, with what was measured.
    public var reason: String {
        let measured = seen.sorted { $0.key < $1.key }.map { "\($0.key) = \(SustainedAbort.text($0.value))" }
        return measured.isEmpty ? abort.reason : "\(abort.reason) (\(measured.joined(separator: ", ")))"
    }

    /// Four digits are enough to see how far over a bound it is.
    private static func text(_ value: Double) -> String {
        let rounded = (value * 1e4).rounded() / 1e4
        return rounded == rounded.rounded() && abs(rounded) < 1e15 ? "\(Int(rounded))" : "\(rounded)"
    }
}
