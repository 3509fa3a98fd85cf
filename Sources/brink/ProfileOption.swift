import ArgumentParser
import Faults
import Foundation
import LinuxSystem
import Scenarios

/// The profile of a service that takes bookshop's place.
struct ProfileOption: ParsableArguments {
    @Option(
        name: .customLong("profile"),
        help: ArgumentHelp(
            "A target profile: its service takes bookshop's place (`brink init --profile` writes one).",
            valueName: "file"))
    var file: String?

    /// By its absolute path, for whoever starts in another folder.
    var path: String? { file.map(WorkingFolder.absolute) }

    /// - Throws: with exit 65 and every mistake on standard error.
    func read() throws -> TargetProfile? {
        guard let file, let path = self.path else { return nil }
        let text: String
        do throws(SystemError) { text = try SystemFile.readText(path) } catch {
            throw Console.fail("\(error)", .invalidScenario)
        }
        do throws(InvalidScenario) {
            return try ProfileReader.read(
                text, file: file, folder: SystemFile.parent(of: path), fileText: { ProfileOption.text(of: $0) })
        } catch {
            for diagnostic in error.diagnostics { Console.progress("\(diagnostic)") }
            throw Console.end(.invalidScenario)
        }
    }

    private static func text(of path: String) -> String? {
        // That it cannot be read is a mistake of the profile, told with its place.
        do throws(SystemError) { return try SystemFile.readText(path) } catch { return nil }
    }

    /// The scenario with the profile's service, or as it is without a profile.
    /// - Throws: with exit 4 when it is not applicable.
    func apply(to scenario: Scenario) throws -> Scenario {
        guard let profile = try read() else { return scenario }
        do throws(ProfileSubstitution.NotApplicable) {
            return try ProfileSubstitution(profile, faults: FaultRegistry.schemas).apply(to: scenario)
        } catch {
            throw Console.fail("\(scenario.id) with \(profile.name): \(error)", .inconclusive)
        }
    }
}
