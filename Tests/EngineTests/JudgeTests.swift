import Engine
import Events
@testable import Scenarios
import Testing

@Suite struct JudgeTests {
    private func expectation(_ id: String, _ operand: Expression.Operand, below limit: Double) -> Scenario.Expectation {
        let condition = Condition(
            expression: .comparison(operand, .less, limit), sustained: .zero, text: "\(operand) < \(limit)")
        return Scenario.Expectation(id: id, that: condition)
    }

    @Test func verdictsAndEvidence() {
        let judge = Judge()
        let expectation = expectation("fast", .recovery(fault: "kill"), below: 5)
        let good = judge.judge(expectation) { _ in 2 }
        #expect(good.verdict == .pass)
        #expect(good.values == ["recovery(kill)": 2])
        let endless = judge.judge(expectation) { _ in .infinity }
        #expect(endless.verdict == .fail)
        #expect(endless.values.isEmpty)
        #expect(endless.detail.contains("recovery(kill): not before the run ended"))
        let unknown = judge.judge(expectation) { _ in nil }
        #expect(unknown.verdict == .inconclusive)
        #expect(unknown.detail.contains("recovery(kill)"))
    }

    @Test(arguments: [
        (Verdict.pass, [Verdict.pass, .pass], Verdict.pass), (.pass, [.pass, .fail], .fail),
        (.pass, [.inconclusive, .pass], .inconclusive), (.pass, [.inconclusive, .fail], .fail),
        (.inconclusive, [.pass], .inconclusive), (.inconclusive, [.fail], .fail), (.error, [.fail], .error),
        (.aborted, [.pass], .aborted), (.fail, [.pass], .fail), (.pass, [], .pass),
    ])
    func theWorstCounts(_ course: Verdict, _ verdicts: [Verdict], _ expected: Verdict) {
        let results = verdicts.map { ExpectationResult(id: "e", that: "", verdict: $0, values: [:], detail: "") }
        #expect(Judge().verdict(course, "", results).0 == expected)
    }

    /// A fault that took no effect may be all that an expectation failed for.
    @Test func whatFailedBesidesIsTold() {
        let results = [ExpectationResult(id: "felt", that: "", verdict: .fail, values: [:], detail: "")]
        #expect(Judge().verdict(.pass, "all were seen", results).1 == "expectation failed: felt")
        let unseen = "not seen to take effect: f"
        #expect(Judge().verdict(.inconclusive, unseen, results).1 == "expectation failed: felt; \(unseen)")
    }
}
