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
            time overlaps are one incident.
            """)

    @Argument(help: ArgumentHelp("Folders of runs.", valueName: "run")) var folders: [String]

    @Option(
        help: ArgumentHelp("The rules of this scenario (its section `alerts`) in place of Brink's.", valueName: "file"))
    var scenario: String?

    @Option(help: "text or json") var format = OutputFormat.text

    func run() throws {
        let rules = try scenario.map { try ScenarioSource.read($0, only: nil).alerts }
        var tally = DetectionTally()
        for folder in folders {
            do {
                tally.take(try scores(of: folder, rules))
            } catch {
                throw Console.fail("\(folder): \(error)", .usage)
            }
        }
        print(format == .json ? try OutputFormat.json(tally.rows) : tally.text)
    }

    private func scores(of folder: String, _ rules: Alerting?) throws -> [DetectionScore] {
        let events = try EventLog.read("\(folder)/events.jsonl")
        var names: Set<String> = []
        for event in events {
            if case .sample(let sample) = event.kind { names.formUnion(sample.values.keys) }
        }
        let usesBuiltIn = rules?.usesBuiltIn ?? true
        var fold = AlertFold((usesBuiltIn ? BuiltInRules.rules(for: names) : []) + (rules?.rules ?? []))
        for event in events { _ = fold.take(event) }
        return fold.scores
    }
}
