/// A statement about metrics, true or false at any moment: `pool.wait.p95 > 2s and errors.rate > 1% for 5s`.
public struct Condition: Hashable, Sendable, CustomStringConvertible {
    public var expression: Expression
    /// How long it must hold without a break; zero means at once.
    public var sustained: Duration
    /// As it was written.
    public var text: String

    public var description: String { text }

    public init(expression: Expression, sustained: Duration, text: String) {
        self.expression = expression
        self.sustained = sustained
        self.text = text
    }
}

/// The tree of a condition.
public indirect enum Expression: Hashable, Sendable {
    case comparison(Operand, Comparator, Double)
    case and(Expression, Expression)
    case or(Expression, Expression)
    case not(Expression)

    public enum Operand: Hashable, Sendable {
        /// A metric over the moment's window, for example `latency.p99`.
        case metric(String)
        /// Time from a fault's end to the start of the first window in which the steady state holds again.
        case recovery(fault: String)
        /// A metric over the time in which a fault was active.
        case during(fault: String, metric: String)
        /// A metric over a phase: `baseline`, `run` or `recovery`.
        case phase(String, metric: String)
        /// The highest sample of a metric over the time of a fault or a phase, where the two above give the mean.
        case peak(String, metric: String)
    }

    public enum Comparator: String, Hashable, Sendable, CaseIterable {
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
        case equal = "=="
        case notEqual = "!="

        public func holds(_ left: Double, _ right: Double) -> Bool {
            switch self {
            case .less: left < right
            case .lessOrEqual: left <= right
            case .greater: left > right
            case .greaterOrEqual: left >= right
            case .equal: left == right
            case .notEqual: left != right
            }
        }
    }

    /// Whether it holds; nil when a value that decides is not known.
    public func evaluate(_ value: (Operand) -> Double?) -> Bool? {
        switch self {
        case .comparison(let operand, let comparator, let threshold):
            return value(operand).map { comparator.holds($0, threshold) }
        case .and(let left, let right):
            let sides = (left.evaluate(value), right.evaluate(value))
            if sides.0 == false || sides.1 == false { return false }
            return sides.0 == nil || sides.1 == nil ? nil : true
        case .or(let left, let right):
            let sides = (left.evaluate(value), right.evaluate(value))
            if sides.0 == true || sides.1 == true { return true }
            return sides.0 == nil || sides.1 == nil ? nil : false
        case .not(let inner):
            return inner.evaluate(value).map { !$0 }
        }
    }

    /// Whether it holds for values of one moment, by the names of metrics; other operands are not known then.
    public func evaluate(_ values: [String: Double]) -> Bool? {
        evaluate { operand in
            guard case .metric(let name) = operand else { return nil }
            return values[name]
        }
    }

    /// Every operand in it.
    public var operands: [Operand] {
        switch self {
        case .comparison(let operand, _, _): [operand]
        case .and(let left, let right), .or(let left, let right): left.operands + right.operands
        case .not(let inner): inner.operands
        }
    }
}

extension Expression.Operand: CustomStringConvertible {
    public var description: String {
        switch self {
        case .metric(let name): name
        case .recovery(let fault): "recovery(\(fault))"
        case .during(let fault, let metric): "during(\(fault), \(metric))"
        case .phase(let phase, let metric): "phase(\(phase), \(metric))"
        case .peak(let name, let metric): "peak(\(name), \(metric))"
        }
    }
}
