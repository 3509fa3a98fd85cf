import Events
import Foundation

/// `junit.xml` of a suite: each domain a suite, each scenario a case.
///
/// As Surefire writes them (its StatelessXmlReporter): of a case that passed in the end each attempt that did not is a
/// `flakyFailure` or `flakyError`; of one that never passed the first attempt is the `failure` or `error`, and those after
/// it are `rerunFailure` or `rerunError`. What came of an attempt stands in a `stackTrace` within.
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
            lines += nested("flaky", scenario.attempts)
        case .fail, .error, .aborted:
            let failed = scenario.attempts.filter { $0.verdict != .pass }
            if let first = failed.first {
                lines.append(element(scenario.verdict == .fail ? "failure" : "error", first, detail(first)))
            }
            lines += nested("rerun", Array(failed.dropFirst()))
        case .inconclusive:
            let reason = scenario.attempts.last?.reason ?? ""
            lines.append("      <skipped message=\"inconclusive: \(MarkupText(reason))\"/>")
            lines += nested("flaky", scenario.attempts.filter { $0.verdict != .inconclusive })
        case nil:
            lines.append("      <skipped message=\"not run\"/>")
        }
        lines.append("    </testcase>")
        return lines.joined(separator: "\n")
    }

    /// Attempts besides the one that counts.
    private func nested(_ prefix: String, _ attempts: [SuiteCase.Attempt]) -> [String] {
        attempts.filter { $0.verdict != .pass }.map { attempt in
            element(
                prefix + (attempt.verdict == .fail ? "Failure" : "Error"), attempt,
                "<stackTrace>\(detail(attempt))</stackTrace>")
        }
    }

    private func element(_ name: String, _ attempt: SuiteCase.Attempt, _ content: String) -> String {
        "      <\(name) message=\"\(MarkupText(attempt.reason))\" type=\"\(attempt.verdict.rawValue)\">"
            + "\(content)</\(name)>"
    }

    private func detail(_ attempt: SuiteCase.Attempt) -> String {
        "\(MarkupText((attempt.failures + [attempt.folder.map { "report: \($0)/report.html" } ?? ""]).joined(separator: "\n")))"
    }

    private func seconds(_ value: Double) -> String { String(format: "%.3f", value) }
}
