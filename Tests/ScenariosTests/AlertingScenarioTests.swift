import Scenarios
import Testing

/// The section `alerts` of a scenario.
struct AlertingScenarioTests {
    private func read(_ alerts: String) throws(InvalidScenario) -> Scenario {
        try ScenarioReader.read(
            "apiVersion: brink/v1\nid: s\nfaults: []\nalerts: \(alerts)", file: "s.yaml", faults: [])
    }

    private func mistakes(_ alerts: String) -> [String] {
        do throws(InvalidScenario) {
            _ = try read(alerts)
            return []
        } catch {
            return error.diagnostics.map(\.description)
        }
    }

    @Test func withoutASectionTheBuiltInRulesAreTried() throws {
        let scenario = try ScenarioReader.read(
            "apiVersion: brink/v1\nid: s\nfaults: []", file: "s.yaml", faults: [])
        #expect(scenario.alerts == Alerting())
        #expect(scenario.alerts.usesBuiltIn)
    }

    @Test func eachKindOfRule() throws {
        let alerts = try read(
            """
            {builtIn: false, prometheus: {url: "http://127.0.0.1:9090/", every: 500ms, alerts: [Down]}, rules: [
              {id: slow, if: latency.p99 > 500ms, for: 1s}, {id: leak, rise: {metric: harness.memory.current, perSecond: 1MiB}},
              {id: budget, burn: {objective: 99.5%, factor: 14.4, long: 1m, short: 5s}},
              {id: step, change: {metric: throughput, direction: down, share: 50%}}]}
            """
        ).alerts
        #expect(!alerts.usesBuiltIn)
        #expect(
            alerts.prometheus
                == Alerting.Prometheus(url: "http://127.0.0.1:9090", every: .milliseconds(500), alerts: ["Down"]))
        #expect(alerts.rules.map(\.id) == ["slow", "leak", "budget", "step"])
        #expect(alerts.rules[0].sustained == .seconds(1) && alerts.rules[0].metrics == ["latency.p99"])
        #expect(
            alerts.rules[1].kind == .rise(metric: "harness.memory.current", over: .seconds(5), perSecond: 1_048_576))
        let burn = AlertRule.BurnRate(
            metric: "errors.rate", objective: 0.995, factor: 14.4, long: .seconds(60), short: .seconds(5))
        #expect(alerts.rules[2].kind == .burn(burn))
        #expect(
            alerts.rules[3].kind
                == .change(AlertRule.ChangePoint(metric: "throughput", direction: .down, floor: 0, share: 0.5)))
    }

    @Test(
        arguments: [
            ("{rules: [{id: a}]}", "one of if, rise, burn, change"),
            ("{rules: [{id: a, if: errors.rate > 1%, burn: {objective: 99%}}]}", "one of if"),
            ("{rules: [{id: a, if: latency.p98 > 1s}]}", "unknown metric \"latency.p98\""),
            ("{rules: [{id: a, change: {metric: thruput, floor: 1}}]}", "unknown metric \"thruput\""),
            ("{rules: [{id: a, change: {metric: throughput}}]}", "floor, share or both"),
            ("{rules: [{id: a, change: {metric: throughput, floor: 1, direction: left}}]}", "up or down"),
            ("{rules: [{id: a, burn: {objective: 100%}}]}", "between 0% and 100%"),
            ("{rules: [{id: a, burn: {objective: 99%, long: 1s, short: 2s}}]}", "shorter"),
            ("{rules: [{id: a, if: errors.rate > 1%}, {id: a, if: errors.rate > 2%}]}", "two rules"),
            ("{rules: [{id: a, if: recovery(f) > 1s}]}", "known only at the end"),
            ("{prometheus: {url: \"https://127.0.0.1\"}}", "http://"), ("{rulez: []}", "rulez"),
        ])
    func mistakesAreNamed(_ alerts: String, _ words: String) {
        let found = mistakes(alerts)
        #expect(found.contains { $0.contains(words) }, "\(found)")
    }
}
