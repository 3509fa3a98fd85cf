import Events
import Foundation

/// `junit.xml`: the scenario as a suite, each expectation as a test case.
///
/// A failed expectation is a failure, trouble of the harness an error, and what could not be judged is skipped. A run
/// whose verdict no expectation explains gets a case of its own, so that a CI never shows it green.
struct JUnitReport {
    private let result: RunResult

    init(_ result: RunResult) {
        self.result = result
    }

    var text: String {
        let cases = result.expectations.map(testCase) + [runCase, hostCase].compactMap(\.self)
        let counts = """
            tests="\(cases.count)" failures="\(count(cases, .failure))" errors="\(count(cases, .error))" \
            skipped="\(count(cases, .skipped))" time="\(seconds(result.duration))"
            """
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="brink" \(counts)>
              <testsuite name="\(suite)" id="0" hostname="" timestamp="\(timestamp)" \(counts)>
                <properties>
            \(properties)
                </properties>
            \(cases.map(xml).joined(separator: "\n"))
              </testsuite>
            </testsuites>

            """
    }

    private struct TestCase {
        enum Outcome: String {
            case passed, failure, error, skipped
        }

        var name: String
        var outcome: Outcome
        /// One line for the list of failures.
        var message = ""
        var detail = ""
        var properties: [(name: String, value: String)] = []
    }

    private func testCase(_ expectation: ExpectationOutcome) -> TestCase {
        let values = MeasuredValues(expectation.values)
        var test = TestCase(name: expectation.id, outcome: .passed)
        test.properties = [("that", expectation.that)] + values.pairs
        test.detail = [expectation.that, values.text, expectation.detail].filter { !$0.isEmpty }.joined(separator: "\n")
        switch expectation.verdict {
        case .pass: test.outcome = .passed
        case .fail:
            test.outcome = .failure
            test.message = "\(expectation.that) does not hold" + (values.text.isEmpty ? "" : ": \(values.text)")
        case .error:
            test.outcome = .error
            test.message = expectation.detail
        case .inconclusive, .aborted:
            test.outcome = .skipped
            test.message = "inconclusive: \(expectation.detail.isEmpty ? expectation.that : expectation.detail)"
        case nil:
            test.outcome = .skipped
            test.message = result.interrupted ? "not judged: the run was interrupted" : "not judged"
        }
        return test
    }

    private var suite: MarkupText {
        MarkupText(result.scenario.isEmpty ? "unknown scenario" : result.scenario)
    }

    /// Tells of an end that no expectation tells of.
    private var runCase: TestCase? {
        let reason = result.reason ?? ""
        switch result.verdict {
        case nil:
            return TestCase(name: "run", outcome: .error, message: "interrupted: the run has no end")
        case .error:
            return TestCase(name: "run", outcome: .error, message: reason)
        case .aborted:
            return TestCase(name: "run", outcome: .error, message: "aborted: \(reason)")
        case .fail:
            let isTold = result.expectations.contains { $0.verdict == .fail }
            return isTold ? nil : TestCase(name: "steady-state", outcome: .failure, message: reason)
        case .inconclusive:
            let isTold = result.expectations.contains { $0.verdict == .inconclusive }
            return isTold ? nil : TestCase(name: "run", outcome: .skipped, message: "inconclusive: \(reason)")
        case .pass:
            return result.expectations.isEmpty ? TestCase(name: "run", outcome: .passed) : nil
        }
    }

    private var hostCase: TestCase? {
        guard result.host.restored == false else { return nil }
        let residues = result.host.residues.joined(separator: "\n")
        return TestCase(
            name: "host-restored", outcome: .error, message: "the host is not as it was before the run",
            detail: residues)
    }

    private var properties: String {
        let facts =
            [
                ("run", result.run), ("seed", "\(result.seed)"), ("brink", result.brinkVersion),
                ("verdict", result.verdict?.rawValue ?? "interrupted"),
            ] + result.environment.sorted { $0.key < $1.key }.map { ("environment.\($0.key)", $0.value) }
        return facts.map { property($0.0, $0.1, indent: 6) }.joined(separator: "\n")
    }

    private func xml(_ test: TestCase) -> String {
        let name = MarkupText(test.name)
        var lines = ["    <testcase name=\"\(name)\" classname=\"\(suite)\" time=\"0.000\">"]
        if !test.properties.isEmpty {
            lines.append("      <properties>")
            lines += test.properties.map { property($0.name, $0.value, indent: 8) }
            lines.append("      </properties>")
        }
        let message = MarkupText(test.message)
        switch test.outcome {
        case .passed: break
        case .skipped: lines.append("      <skipped message=\"\(message)\"/>")
        case .failure, .error:
            let name = test.outcome.rawValue
            lines.append("      <\(name) message=\"\(message)\" type=\"\(name)\">\(MarkupText(test.detail))</\(name)>")
        }
        lines.append("    </testcase>")
        return lines.joined(separator: "\n")
    }

    private func property(_ name: String, _ value: String, indent: Int) -> String {
        String(repeating: " ", count: indent)
            + "<property name=\"\(MarkupText(name))\" value=\"\(MarkupText(value))\"/>"
    }

    private func count(_ cases: [TestCase], _ outcome: TestCase.Outcome) -> Int {
        cases.count { $0.outcome == outcome }
    }

    private func seconds(_ value: Double) -> String { String(format: "%.3f", value) }

    /// The format's own spelling has no zone.
    private var timestamp: String {
        MarkupText(String(result.startedAt.prefix { $0 != "Z" && $0 != "." && $0 != "+" })).description
    }
}
