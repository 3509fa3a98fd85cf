import ArgumentParser
import Harness

struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Print every write a scenario would make, and its undo. Changes nothing.",
        discussion: "Example: brink plan cascade.pool-and-database")

    @Argument(help: "A scenario file, or the id of a shipped scenario.") var scenario: String
    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        let parsed = try ScenarioSource.read(scenario)
        for line in await RunPlan(settings: try settings.settings()).lines(for: parsed) { print(line) }
    }
}
