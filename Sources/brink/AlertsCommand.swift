import Alerts
import ArgumentParser
import Events
import Reports
import Scenarios

struct AlertsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alerts", abstract: "Try alert rules on runs that were made: what would have fired, and when.",
        discussion: """
            Example: brink alerts brink-out/suite/*/*/* --scenario with-my-rules.yaml

            The time of each fault is the truth: an alert within it is right, one outside is a false alarm. Faults whose \
            time overlaps are one incident. Felt are those in which the steady state did not hold at some time: what a \
            service takes without harm is no reason to wake anybody.

            With --export prometheus the rules are written as a rules file of Prometheus instead, over the metrics that \
            brink watch --web serves at /metrics: of Brink's own those whose metrics the runs have, or the scenario can have.
            """)

    /// A format that the rules themselves can be had in.
    enum Export: String, CaseIterable, ExpressibleByArgument {
        case prometheus
    }

    @Argument(help: ArgumentHelp("Folders of runs.", valueName: "run")) var folders: [String] = []

    @Option(
        help: ArgumentHelp("The rules of this scenario (its section `alerts`) in place of Brink's.", valueName: "file"))
    var scenario: String?

    @Option(help: "text or json") var format = OutputFormat.text

    @Option(help: "Write the rules themselves: prometheus.") var export: Export?

    func validate() throws {
        if folders.isEmpty, export == nil { throw ValidationError("which runs? Name their folders") }
        if folders.isEmpty, scenario == nil {
            throw ValidationError("--export needs a run or a --scenario: a rule is about metrics that there are")
        }
    }

    func run() throws {
        let scenario = try scenario.map { try ScenarioSource.read($0, only: nil) }
        if export == .prometheus {
            var names = folders.isEmpty ? Set(scenario.map(MetricNames.all) ?? []) : []
            for folder in folders { names.formUnion(Self.names(try Self.events(of: folder))) }
            return print(try PrometheusRules(rules(scenario?.alerts, names)).text(), terminator: "")
        }
        var tally = DetectionTally()
        for folder in folders {
            let events = try Self.events(of: folder)
            var fold = AlertFold(rules(scenario?.alerts, Self.names(events)))
            for event in events { _ = fold.take(event) }
            tally.take(fold.scores())
        }
        print(format == .json ? try OutputFormat.json(tally.rows) : tally.text)
    }

    private static func events(of folder: String) throws -> [RunEvent] {
        do {
            return try EventLog.read("\(folder)/events.jsonl")
        } catch {
            throw Console.fail("\(folder): \(error)", .usage)
        }
    }

    private func rules(_ alerts: Alerting?, _ names: Set<String>) -> [AlertRule] {
        let own = alerts?.rules ?? []
        // As in a run, a scenario's rule takes the place of the built-in one of its name.
        let named = Set(own.map(\.id))
        return (alerts?.usesBuiltIn ?? true ? BuiltInRules.rules(for: names).filter { !named.contains($0.id) } : [])
            + own
    }

    /// Of the metrics that a run has.
    private static func names(_ events: [RunEvent]) -> Set<String> {
        events.reduce(into: []) { names, event in
            if case .sample(let sample) = event.kind { names.formUnion(sample.values.keys) }
        }
    }
}
