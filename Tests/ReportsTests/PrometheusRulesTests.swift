import Alerts
import Foundation
import Reports
import Scenarios
import Testing

/// Brink's rules as Prometheus' own tool understands them: `promtool test rules` plays values and says what fires.
struct PrometheusRulesTests {
    /// A value every second; each stretch is so many seconds at one value.
    private struct Values {
        let series: String
        let stretches: [(seconds: Int, value: Double)]

        var json: [String: Any] {
            let text = stretches.map { "\($0.value)x\($0.seconds - 1)" }.joined(separator: " ")
            return ["series": series, "values": text]
        }
    }

    private static let run = "run=\"r\",scenario=\"s\""

    private func promtool(_ arguments: [String]) throws -> (status: Int32, output: String)? {
        guard let promtool = ExternalProgram("promtool") else {
            Issue.record("promtool is missing: apt-get install prometheus")
            return nil
        }
        return try promtool.run(arguments)
    }

    /// Whether a rule fires at a moment, by promtool's own account.
    private func fires(_ rule: AlertRule, at second: Int, _ values: [Values]) throws -> Bool? {
        let folder = try TemporaryFolder()
        try Data(PrometheusRules([rule]).text().utf8).write(to: URL(fileURLWithPath: folder.file("rules.yaml")))
        // That it is quiet: promtool fails when it is not, and says so.
        let trial: [String: Any] = [
            "rule_files": ["rules.yaml"], "evaluation_interval": "1s",
            "tests": [
                [
                    "interval": "1s", "input_series": values.map(\.json),
                    "alert_rule_test": [["eval_time": "\(second)s", "alertname": rule.id, "exp_alerts": [Any]()]],
                ]
            ],
        ]
        let file = folder.file("trial.yaml")
        let text = try JSONSerialization.data(withJSONObject: trial, options: .withoutEscapingSlashes)
        try text.write(to: URL(fileURLWithPath: file))
        guard let answer = try promtool(["test", "rules", file]) else { return nil }
        if answer.status == 0 { return false }
        try #require(answer.output.contains("alertname: \(rule.id)"), "\(answer.output)")
        return true
    }

    private func builtIn(_ id: String, _ metric: String) throws -> AlertRule {
        try #require(BuiltInRules.rules(for: [metric]).first { $0.id == id })
    }

    @Test func allOfBrinksOwnAreGoodRules() throws {
        let names = MetricNames.global + MetricNames.perTarget.map { "db.\($0)" }
        let rules = BuiltInRules.rules(for: names)
        #expect(rules.count > 25)
        let folder = try TemporaryFolder()
        let file = folder.file("rules.yaml")
        try Data(PrometheusRules(rules).text().utf8).write(to: URL(fileURLWithPath: file))
        let answer = try #require(try promtool(["check", "rules", file]))
        #expect(answer.status == 0 && answer.output.contains("SUCCESS: \(rules.count) rules found"), "\(answer.output)")
    }

    @Test(arguments: [(0.5, true), (0.01, false)])
    func aThreshold(_ rate: Double, _ isTold: Bool) throws {
        let values = [Values(series: "brink_sample_errors_rate{\(Self.run)}", stretches: [(20, 0), (10, rate)])]
        #expect(try fires(builtIn("errors", "errors.rate"), at: 25, values) == isTold)
        #expect(try fires(builtIn("error-budget", "errors.rate"), at: 28, values) == isTold)
        #expect(try fires(builtIn("errors", "errors.rate"), at: 15, values) == false)
    }

    @Test(arguments: [(0.2, true), (0.012, false)])
    func aChange(_ latency: Double, _ isTold: Bool) throws {
        let values = [
            Values(series: "brink_sample_latency_p50{\(Self.run)}", stretches: [(20, 0.01), (10, latency)])
        ]
        #expect(try fires(builtIn("latency", "latency.p50"), at: 24, values) == isTold)
        #expect(try fires(builtIn("latency", "latency.p50"), at: 19, values) == false)
    }

    @Test func aChangeDownwards() throws {
        let rule = try builtIn("throughput", "throughput")
        let values = [Values(series: "brink_sample_throughput{\(Self.run)}", stretches: [(20, 50), (10, 5)])]
        #expect(try fires(rule, at: 24, values) == true)
        #expect(try fires(rule, at: 19, values) == false)
    }

    @Test func aRise() throws {
        let rule = try builtIn("db/oom-kill", "db.memory.events.oom_kill")
        let series = "brink_sample_memory_events_oom_kill{\(Self.run),target=\"db\"}"
        #expect(try fires(rule, at: 22, [Values(series: series, stretches: [(20, 3), (10, 4)])]) == true)
        #expect(try fires(rule, at: 22, [Values(series: series, stretches: [(30, 3)])]) == false)
        // Another target's is another rule's.
        let other = "brink_sample_memory_events_oom_kill{\(Self.run),target=\"app\"}"
        #expect(try fires(rule, at: 22, [Values(series: other, stretches: [(20, 3), (10, 4)])]) == false)
    }

    private static let joins: [Scenarios.Expression] = {
        let app = Scenarios.Expression.comparison(.metric("app.pids"), .greater, 1)
        let db = Scenarios.Expression.comparison(.metric("db.pids"), .greaterOrEqual, 5)
        return [.and(app, db), .or(app, db), .not(.or(app, db)), .not(.and(app, .not(db)))]
    }()

    /// Metrics of different targets, and denials: as Brink's own evaluation has it.
    @Test(arguments: [(0.0, 0.0), (0, 5), (5, 0), (5, 5)], joins)
    func joined(_ pids: (app: Double, db: Double), _ expression: Scenarios.Expression) throws {
        let condition = Condition(expression: expression, sustained: .zero, text: "mine")
        let rule = AlertRule("mine", .threshold(condition))
        let values = [("app", pids.app), ("db", pids.db)].map {
            Values(series: "brink_sample_pids{\(Self.run),target=\"\($0.0)\"}", stretches: [(30, $0.1)])
        }
        let expected = expression.evaluate(["app.pids": pids.app, "db.pids": pids.db])
        #expect(try fires(rule, at: 20, values) == expected)
    }

    @Test func howLongItHoldsAndIsKept() throws {
        var rule = try builtIn("errors", "errors.rate")
        rule.sustained = .milliseconds(1500)
        let text = try PrometheusRules([rule]).text()
        #expect(text.contains("for: 1500ms") && text.contains("keep_firing_for: 3s"))
        rule.keptFiring = .zero
        #expect(try !PrometheusRules([rule]).text().contains("keep_firing_for"))
    }
}
