import Events
import Scenarios

/// Judges expectations from what was measured. Pure.
public struct Judge: Sendable {
    /// Gives an operand's value, nil when it was not measured.
    public typealias Measured = (Expression.Operand) -> Double?

    public init() {}

    /// One expectation: inconclusive when a deciding value is missing.
    public func judge(_ expectation: Scenario.Expectation, _ measured: Measured) -> ExpectationResult {
        let operands = expectation.that.expression.operands
        var values: [String: Double] = [:]
        var missing: [String] = []
        // JSON has no infinity, and a person has no use for one: it is said in words.
        var endless: [String] = []
        for operand in operands {
            switch measured(operand) {
            case let value? where value.isFinite: values["\(operand)"] = value
            case _?: endless.append("\(operand)")
            case nil: missing.append("\(operand)")
            }
        }
        let verdict: Verdict
        var detail = endless.isEmpty ? "" : "\(endless.joined(separator: ", ")): not before the run ended"
        switch expectation.that.expression.evaluate(measured) {
        case true?: verdict = .pass
        case false?: verdict = .fail
        case nil:
            verdict = .inconclusive
            detail = "not measured: \(missing.joined(separator: ", "))"
        }
        return ExpectationResult(
            id: expectation.id, that: expectation.that.text, verdict: verdict, values: values, detail: detail)
    }

    /// The verdict of the whole run. Trouble that ended it early stays; else the worst expectation counts.
    public func verdict(_ course: Verdict, _ reason: String, _ results: [ExpectationResult]) -> (Verdict, String) {
        if course == .error || course == .aborted { return (course, reason) }
        let failed = results.filter { $0.verdict == .fail }
        if !failed.isEmpty {
            let words = "expectation failed: \(failed.map(\.id).joined(separator: ", "))"
            // What was not felt may be for the fault's sake.
            return (.fail, course == .pass ? words : "\(words); \(reason)")
        }
        if course != .pass { return (course, reason) }
        let open = results.filter { $0.verdict == .inconclusive }
        if !open.isEmpty {
            return (.inconclusive, "could not be judged: \(open.map(\.id).joined(separator: ", "))")
        }
        return (.pass, results.isEmpty ? reason : "all \(results.count) expectations hold")
    }
}
