import ArgumentParser
import Faults
import Harness
import Scenarios

struct ValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Check scenarios and list every mistake with its line and column.",
        discussion: """
            Example: brink validate scenarios/*.yaml
            Exits 65 when one has a mistake. With a profile it also says which scenarios are not applicable to its service.
            Changes nothing.
            """)

    @Argument(help: "Scenario files, or ids of shipped scenarios; with a profile perhaps none.")
    var files: [String] = []

    @OptionGroup var profile: ProfileOption

    func validate() throws {
        if files.isEmpty, profile.file == nil { throw ValidationError("name a scenario file, or a --profile") }
    }

    func run() throws {
        let substitution = try profile.read().map { ProfileSubstitution($0, faults: FaultRegistry.schemas) }
        if let file = profile.file { print("\(file): ok") }
        var mistakes = 0
        for file in files {
            do throws(InvalidScenario) {
                for scenario in try ScenarioSource.parse(file) {
                    print("\(file): \(judgement(of: scenario, substitution))")
                }
            } catch {
                for diagnostic in error.diagnostics { print(diagnostic) }
                mistakes += error.diagnostics.count
            }
        }
        if mistakes > 0 { throw Console.end(.invalidScenario) }
    }

    private func judgement(of scenario: Scenario, _ substitution: ProfileSubstitution?) -> String {
        do throws(ProfileSubstitution.NotApplicable) {
            _ = try substitution?.apply(to: scenario)
            return "ok: \(scenario.id), \(scenario.faults.count) faults"
        } catch {
            return "\(scenario.id): \(error)"
        }
    }
}
