import Scenarios
import Testing

@Suite struct ConditionTests {
    /// Parses a condition the way scenarios do.
    private func condition(_ text: String) throws -> Condition {
        let yaml = """
            apiVersion: brink/v1
            id: a
            faults: []
            expect: [{id: e, that: "\(text)"}]
            """
        let scenario = try ScenarioReader.read(yaml, file: "x", faults: [])
        return try #require(scenario.expectations.first?.that)
    }

    @Test func precedenceAndUnits() throws {
        let parsed = try condition("latency.p99 < 50ms and errors.rate < 0.1% or not (throughput >= 100/s)")
        let values = ["latency.p99": 0.049, "errors.rate": 0.0009, "throughput": 500.0]
        let read = { (operand: Expression.Operand) -> Double? in
            if case .metric(let name) = operand { values[name] } else { nil }
        }
        #expect(parsed.expression.evaluate(read) == true)
        #expect(parsed.expression.operands.count == 3)
    }

    @Test func sustained() throws {
        #expect(try condition("latency.p95 > 2s for 5s").sustained == .seconds(5))
        #expect(try condition("latency.p95 > 2s").sustained == .zero)
    }

    /// What is not measured decides nothing, unless the other side decides alone.
    @Test(arguments: [
        ("latency.p50 < 1s and errors.rate < 1%", Bool?.none), ("latency.p50 < 1s and throughput > 1", false),
        ("latency.p50 < 1s or throughput < 1", true), ("latency.p50 < 1s or throughput > 1", nil),
        ("not latency.p50 < 1s", nil),
    ])
    func unknownValues(_ text: String, _ expected: Bool?) throws {
        let parsed = try condition(text)
        let result = parsed.expression.evaluate { operand in
            if case .metric("throughput") = operand {
                0
            } else if case .metric("errors.rate") = operand {
                0
            } else {
                nil
            }
        }
        #expect(result == expected)
    }

    @Test(arguments: [
        ("latency.p99", "compare"), ("latency.p99 <", "give a number"), ("< 5", "expected a metric"),
        ("latency.p99 < 5 5", "not expected"), ("latency.p99 < 5ms for", "give a time"),
        ("(latency.p99 < 5", "missing"),
        ("frob(a) < 1", "unknown function"), ("recovery() < 1s", "argument"),
        ("latency.p99 # 1", "unexpected character"),
        ("latency.p9 < 1s", "did you mean \\\"latency.p"), ("recovery(kil) < 1s", "no fault"),
        ("phase(runn, latency.p99) < 1s", "did you mean \\\"run\\\""),
        ("peak(runn, pool.waiting) < 9", "did you mean \\\"run\\\""),
        ("peak(run, latency.p99) < 1s", "is not sampled"), ("peak(run, pool.wating) < 9", "pool.waiting"),
    ])
    func mistakes(_ text: String, _ expected: String) throws {
        let error = #expect(throws: InvalidScenario.self) { _ = try condition(text) }
        let wanted = expected.replacing("\\\"", with: "\"")
        #expect(error?.description.contains(wanted) == true, "\(error?.description ?? "no error")")
    }
}
