import Events
import Scenarios

/// Follows all rules through a run. Pure: values in, changes out.
public struct AlertWatch {
    private var courses: [RuleCourse]

    public init(_ rules: [AlertRule]) {
        courses = rules.map(RuleCourse.init)
    }

    /// Rules of whose metrics there was a value so far.
    public var tried: [AlertRule] { courses.filter(\.isTried).map(\.rule) }

    /// - Parameters:
    ///   - time: in seconds; later than the last.
    ///   - isUndisturbed: nothing is injected and nothing was so far.
    public mutating func take(
        _ values: [String: Double], at time: Double, isUndisturbed: Bool
    ) -> [AlertChange] {
        var changes: [AlertChange] = []
        for index in courses.indices {
            let rule = courses[index].rule
            switch courses[index].take(values, at: time, isUndisturbed: isUndisturbed) {
            case .fired(let value):
                changes.append(AlertChange(rule: rule.id, state: .firing, value: value, detail: rule.text))
            case .resolved(let value):
                changes.append(AlertChange(rule: rule.id, state: .resolved, value: value, detail: rule.text))
            case nil: continue
            }
        }
        return changes
    }
}
