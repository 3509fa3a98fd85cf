import ArgumentParser
import Harness
import Scenarios

/// How often the scenarios of a suite are run, and what comes of several attempts.
struct AttemptOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How often each scenario is run, whatever comes of it; all must pass unless --pass says otherwise.",
            valueName: "n"))
    var `repeat`: Int?

    @Option(
        help: ArgumentHelp(
            "How often a scenario that did not pass is tried again; by its category when left out: stable 0, flaky 1, "
                + "very-flaky 2.", valueName: "n"))
    var retries: Int?

    @Option(
        name: .customLong("pass"),
        help: ArgumentHelp(
            "How many attempts must pass: all, any, or for instance 2-of-3; what the scenario says when left out.",
            valueName: "rule"))
    var rule: PassRule?

    @Option(help: ArgumentHelp("The tag of scenarios that are run and decide nothing.", valueName: "tag"))
    var quarantine = "quarantine"

    func validate() throws {
        let most = PassRule.most
        if let count = `repeat`, !(1...most).contains(count) {
            throw ValidationError("--repeat must be from 1 to \(most)")
        }
        if let retries, !(0..<most).contains(retries) {
            throw ValidationError("--retries must be from 0 to \(most - 1)")
        }
        if `repeat` != nil, retries != nil { throw ValidationError("--repeat or --retries, not both") }
        guard case .atLeast(_, let count) = rule else { return }
        if let repetitions = `repeat`, repetitions != count {
            throw ValidationError(
                "--pass \(rule?.description ?? "") is about \(count) attempts, --repeat about \(repetitions)")
        }
        if retries != nil {
            throw ValidationError("--pass \(rule?.description ?? "") says how many attempts there are")
        }
    }

    func apply(to entry: SuiteEntry) -> SuiteEntry {
        SuiteEntry(
            scenario: entry.scenario, source: entry.source,
            policy: AttemptPolicy(entry.scenario.about, repetitions: `repeat`, retries: retries, rule: rule))
    }
}

extension PassRule: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}
