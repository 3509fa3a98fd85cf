import Events

/// What did not pass, as workflow commands that GitHub Actions and its like turn into annotations: `::error title=…::…`.
public struct WorkflowCommands {
    private enum Level: String {
        case error, warning, notice
    }

    /// One on each line.
    public let lines: [String]

    /// Of one run.
    public init(_ result: RunResult) {
        let scenario = result.scenario.isEmpty ? "unknown scenario" : result.scenario
        var lines: [String] = []
        if result.host.restored == false {
            let left = result.host.residues.joined(separator: "\n")
            lines.append(WorkflowCommands.line(.error, "\(scenario): host not restored", left))
        }
        let failed = result.expectations.filter { $0.verdict == .fail }
        for expectation in failed {
            let values = MeasuredValues(expectation.values).text
            let text = [expectation.that, values, expectation.detail].filter { !$0.isEmpty }.joined(separator: "\n")
            lines.append(WorkflowCommands.line(.error, "\(scenario): \(expectation.id) does not hold", text))
        }
        let face = VerdictFace(result)
        if result.interrupted {
            lines.append(WorkflowCommands.line(.error, "\(scenario): interrupted", "the events stop without an end"))
        } else if result.verdict != .pass, failed.isEmpty {
            let level = result.verdict == .inconclusive ? Level.warning : .error
            lines.append(WorkflowCommands.line(level, "\(scenario): \(face.name)", result.reason ?? ""))
        }
        self.lines = lines
    }

    /// Of a suite: everything that did not pass, and what passed only when it was tried again.
    public init(_ suite: SuiteResult) {
        lines = suite.scenarios.compactMap { scenario in
            let last = scenario.attempts.last
            if scenario.wasFlaky {
                let first = scenario.attempts.first?.reason ?? ""
                return WorkflowCommands.line(
                    .warning, "\(scenario.id): flaky", "passed, but not at first: \(first)")
            }
            guard let verdict = scenario.verdict, verdict != .pass, let last else { return nil }
            let reasons = last.failures.isEmpty ? [last.reason] : last.failures
            let level = verdict == .inconclusive ? Level.warning : .error
            return WorkflowCommands.line(
                level, "\(scenario.id): \(VerdictFace(verdict).name)", reasons.joined(separator: "\n"))
        }
    }

    private static func line(_ level: Level, _ title: String, _ text: String) -> String {
        "::\(level.rawValue) title=\(property(title))::\(message(text))"
    }

    /// A line feed would end the command and begin another.
    private static func message(_ text: String) -> String { EscapedText(text, spellings).description }

    private static func property(_ text: String) -> String {
        EscapedText(text, spellings.merging([":": "%3A", ",": "%2C"]) { $1 }).description
    }

    private static let spellings: [Unicode.Scalar: String] = ["%": "%25", "\r": "%0D", "\n": "%0A"]
}
