import Events
import Foundation

/// `junit.xml` of a suite: each domain a suite, each scenario a case.
///
/// Attempts that failed before one that passed are `flakyFailure`, further attempts that failed as well `rerunFailure`,
/// as Surefire writes them.
struct SuiteJUnit {
    private let result: SuiteResult

    init(_ result: SuiteResult) {
        self.result = result
    }

    var text: String {
        let names = Set(result.scenarios.map { $0.domain ?? "other" }).sorted()
        let suites = names.map { name in
            suite(name, result.scenarios.filter { ($0.domain ?? "other") == name })
        }
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="brink" \(counts(result.scenarios)) time="\(seconds(result.seconds))">
            \(suites.joined(separator: "\n"))
            </testsuites>

            """
    }

    private func suite(_ name: String, _ cases: [SuiteCase]) -> String {
        let time = cases.flatMap(\.attempts).map(\.seconds).reduce(0, +)
        return """
              <testsuite name="\(MarkupText(name))" \(counts(cases)) time="\(seconds(time))">
            \(cases.map { testCase($0, in: name) }.joined(separator: "\n"))
              </testsuite>
            """
    }

    private func counts(_ cases: [SuiteCase]) -> String {
        func count(_ isOne: (Verdict?) -> Bool) -> Int { cases.count { !$0.isQuarantined && isOne($0.verdict) } }
        let failures = count { $0 == .fail }
        let errors = count { $0 == .error || $0 == .aborted }
        let skipped =
            count { $0 == .inconclusive || $0 == nil } + cases.count { $0.isQuarantined && $0.verdict != .pass }
        return "tests=\"\(cases.count)\" failures=\"\(failures)\" errors=\"\(errors)\" skipped=\"\(skipped)\""
    }

    private func testCase(_ scenario: SuiteCase, in domain: String) -> String {
        let time = scenario.attempts.map(\.seconds).reduce(0, +)
        var lines = [
            "    <testcase name=\"\(MarkupText(scenario.id))\" classname=\"\(MarkupText(domain))\" "
                + "time=\"\(seconds(time))\">"
        ]
        switch scenario.verdict {
        case let verdict where scenario.isQuarantined && verdict != .pass:
            // A failure here would decide the job, which a quarantined scenario must not.
            let reason = "\(VerdictFace(verdict).name): \(scenario.attempts.last?.reason ?? "not run")"
            lines.append("      <skipped message=\"quarantined: \(MarkupText(reason))\"/>")
        case .pass:
            for attempt in scenario.attempts where attempt.verdict != .pass {
                lines.append(element("flakyFailure", attempt))
            }
        case .fail, .error, .aborted:
            let name = scenario.verdict == .fail ? "failure" : "error"
            for (index, attempt) in scenario.attempts.reversed().enumerated() {
                lines.append(element(index == 0 ? name : "rerunFailure", attempt))
            }
        case .inconclusive:
            let reason = scenario.attempts.last?.reason ?? ""
            lines.append("      <skipped message=\"inconclusive: \(MarkupText(reason))\"/>")
        case nil:
            lines.append("      <skipped message=\"not run\"/>")
        }
        lines.append("    </testcase>")
        return lines.joined(separator: "\n")
    }

    private func element(_ name: String, _ attempt: SuiteCase.Attempt) -> String {
        let detail = attempt.failures + [attempt.folder.map { "report: \($0)/report.html" } ?? ""]
        return "      <\(name) message=\"\(MarkupText(attempt.reason))\" type=\"\(attempt.verdict.rawValue)\">"
            + "\(MarkupText(detail.joined(separator: "\n")))</\(name)>"
    }

    private func seconds(_ value: Double) -> String { String(format: "%.3f", value) }
}
