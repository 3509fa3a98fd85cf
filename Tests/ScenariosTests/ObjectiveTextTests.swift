import Testing

@testable import Scenarios

struct ObjectiveTextTests {
    @Test func aConjunctionOfMetricsIsAnObjective() throws {
        let text = "latency.p99 < 50ms and errors.rate < 0.1% and app.memory.refaults.perSecond < 20"
        let objective = try Condition.objective(text, targets: ["app"])
        #expect(objective.expression.operands.count == 3)
        #expect(objective.text == text)
    }

    @Test(arguments: [
        ("latency.p99 <", "number"), ("latency.p99 < 50ms for 5s", "leave out \"for\""),
        ("recovery(kill) < 5s", "known only after a run"), ("latncy.p99 < 50ms", "latency.p99"),
        ("db.cpu.usage < 1", "unknown metric"), ("", "expected a metric"),
    ])
    func mistakesAreSaid(text: String, hint: String) {
        do throws(ObjectiveError) {
            _ = try Condition.objective(text, targets: ["app"])
            Issue.record("\(text) was taken for an objective")
        } catch {
            #expect(error.description.contains(hint), "\(error)")
        }
    }
}
