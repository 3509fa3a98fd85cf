import ArgumentParser
import Baselines
import Events
import Harness
import LinuxSystem
import Reports
import Scenarios

struct BaselineSaveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "save",
        abstract: "Measure a service that nothing disturbs, and keep what was found under a name.",
        discussion: """
            Starts the reference service with its own PostgreSQL and issuer, or the services of --scenario, and measures \
            queries, the pool, tokens, the pipeline, PostgreSQL and the system in fresh windows, all metrics in each.

            On a host without cgroup v2 the reference service can be measured all the same; what only a cgroup tells is \
            left out and said to be.
            """)

    @Argument(help: "What to call it: letters, digits, dots, dashes and underscores.") var name: String

    @Option(help: "A scenario file or shipped scenario with the services to measure; its faults are not used.")
    var scenario: String?

    @Option(help: "Of a file with several scenarios, the one that is meant.") var only: String?

    @Option(help: "Fresh windows of each metric; below 10 the intervals say little.") var runs = 10

    @Option(help: ArgumentHelp("Length of one run, in which every metric has its part.", valueName: "time"))
    var window = "6s"

    @Option(help: "Whole collections one after the other; from 2 on, what they differ by is measured and kept.")
    var collections = 1

    @Flag(help: "The same as --collections 2.") var twice = false

    @Option(help: ArgumentHelp("A file for the baseline, in place of the state folder.", valueName: "file"))
    var save: String?

    @Option(help: "text or json.") var format = OutputFormat.text
    @Option(help: "Seed of every random choice.") var seed: UInt64 = 1
    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        guard case .duration(let length)? = Quantity(window) else {
            throw Console.fail("--window must be a time such as 6s, not \"\(window)\"", .usage)
        }
        do {
            let collection = CollectionSettings(
                runs: runs, window: length / .seconds(1), collections: twice ? max(collections, 2) : collections,
                seed: seed)
            let request = try BaselineRequest(name, scenario: try services(), settings: collection)
            let settings = try settings.settings()
            let baseline = try await BaselineMeasurement(settings: settings, isReference: scenario == nil)
                .measure(request)
            let file = try BaselineStore(settings).save(baseline, at: save)
            switch format {
            case .json: print(try OutputFormat.json(baseline))
            case .text:
                for line in BaselineText(baseline).lines { print(line) }
                print("saved:   \(file)")
            }
        } catch let error as HarnessError {
            throw Console.fail(error.description, error.code)
        }
    }

    private func services() throws -> Scenario {
        if let scenario { return try ScenarioSource.read(scenario, only: only) }
        return try ScenarioSource.parse(BaselineScenario.text, called: BaselineScenario.id)
    }
}
