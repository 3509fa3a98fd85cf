import Scenarios

/// A condition that must hold for some time without a break before it counts.
public struct SustainedCondition: Hashable, Sendable {
    public let condition: Condition
    private var since: Duration?

    public init(_ condition: Condition) {
        self.condition = condition
    }

    /// Takes the values of one moment. A value that is not known counts as not holding.
    public mutating func holds(_ values: [String: Double], at now: Duration) -> Bool {
        guard condition.expression.evaluate(values) == true else {
            since = nil
            return false
        }
        let start = since ?? now
        since = start
        return now - start >= condition.sustained
    }
}
