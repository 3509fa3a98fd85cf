import Scenarios

/// A scenario's page in Markdown, made of nothing but its file.
struct ScenarioPage {
    let scenario: Scenario

    var text: String {
        var blocks = ["# \(scenario.id)", facts, scenario.why.trimmed]
        if !scenario.about.expected.isEmpty {
            blocks.append("**A healthy service:** \(scenario.about.expected.trimmed)")
        }
        if let flakiness = scenario.about.flakiness {
            blocks.append(
                "**\(scenario.about.category.rawValue):** about \(Int((flakiness.rate * 100).rounded())) % of runs fail on a "
                    + "healthy service: \(flakiness.reason.trimmed)")
        }
        blocks.append("## Faults\n\n" + table(["fault", "kind", "target", "when"], scenario.faults.map(row)))
        if let steady = scenario.steadyState {
            blocks.append(
                "## Steady state\n\nOver windows of \(steady.window.short):\n\n"
                    + steady.checks.map { "- `\($0.condition.text)`" }.joined(separator: "\n"))
        }
        blocks.append(
            "## Expectations\n\n"
                + scenario.expectations.map { "- **\($0.id)**: `\($0.that.text)`" }.joined(separator: "\n"))
        blocks.append("## Run it\n\n```sh\nbrink run \(scenario.id)\n```")
        return blocks.joined(separator: "\n\n") + "\n"
    }

    private var facts: String {
        let about = scenario.about
        var facts = ["domain \(about.domain?.rawValue ?? "none")", about.category.rawValue]
        let phases = scenario.phases
        facts.append(
            "\(phases.baseline.short) baseline, \(phases.run.short) run, at most \(phases.recovery.short) recovery")
        if !about.tags.isEmpty { facts.append("tags " + about.tags.joined(separator: ", ")) }
        if !about.needs.isEmpty { facts.append("needs " + about.needs.map(\.description).joined(separator: ", ")) }
        return facts.joined(separator: " · ")
    }

    private func row(_ fault: FaultSpecification) -> [String] {
        [fault.id, "`\(fault.name)`", fault.target, fault.schedule]
    }

    private func table(_ header: [String], _ rows: [[String]]) -> String {
        ([header, header.map { _ in "---" }] + rows).map { "| \($0.joined(separator: " | ")) |" }
            .joined(separator: "\n")
    }
}

extension String {
    fileprivate var trimmed: String {
        split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
