/// A text that is no objective, in words that say where and why.
public struct ObjectiveError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    init(_ text: String, offset: Int?, _ message: String) {
        let place = offset.map { " at character \($0 + 1)" } ?? ""
        description = "\"\(text)\"\(place): \(message)"
    }
}

extension Condition {
    /// Reads a service level objective, such as `latency.p99 < 50ms and errors.rate < 0.1%`: a condition over metrics
    /// of a window. It says nothing of how long it must hold, since that is the window's business.
    /// - Parameter targets: ids whose metrics may be used besides those of the load and the host.
    /// - Throws: for a mistake in the text, or a name that is no metric.
    public static func objective(_ text: String, targets: [String]) throws(ObjectiveError) -> Condition {
        let condition: Condition
        do throws(ConditionParser.Failure) {
            condition = try ConditionParser.parse(text)
        } catch {
            throw ObjectiveError(text, offset: error.offset, error.message)
        }
        guard condition.sustained == .zero else {
            throw ObjectiveError(
                text, offset: nil, "leave out \"for\": the window says how long an objective must hold")
        }
        for operand in condition.expression.operands {
            guard case .metric(let name) = operand else {
                throw ObjectiveError(text, offset: nil, "\(operand) is known only after a run: use metrics")
            }
            if let problem = MetricNames.problem(with: name, targets: targets) {
                throw ObjectiveError(text, offset: nil, problem)
            }
        }
        return condition
    }
}
