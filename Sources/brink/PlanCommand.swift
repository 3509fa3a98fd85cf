import ArgumentParser
import Harness

struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Print every write a scenario would make, and its undo. Changes nothing.",
        discussion: "Example: brink plan cascade.pool-and-database")

    @Argument(help: "A scenario file, or the id of a shipped scenario.") var scenario: String
    @OptionGroup var profile: ProfileOption
    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        let parsed = try profile.apply(to: ScenarioSource.read(scenario))
        for line in await RunPlan(settings: try settings.settings()).lines(for: parsed) { print(line) }
    }
}
