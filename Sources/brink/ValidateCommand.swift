import ArgumentParser
import Harness
import Scenarios

struct ValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Check scenarios and list every mistake with its line and column.",
        discussion: "Example: brink validate scenarios/*.yaml\nExits 65 when one has a mistake. Changes nothing.")

    @Argument(help: "Scenario files, or ids of shipped scenarios.") var files: [String]

    func run() throws {
        var mistakes = 0
        for file in files {
            do throws(InvalidScenario) {
                for scenario in try ScenarioSource.parse(file) {
                    print("\(file): ok: \(scenario.id), \(scenario.faults.count) faults")
                }
            } catch {
                for diagnostic in error.diagnostics { print(diagnostic) }
                mistakes += error.diagnostics.count
            }
        }
        if mistakes > 0 { throw Console.end(.invalidScenario) }
    }
}
