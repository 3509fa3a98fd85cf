import Faults
import Harness
import LinuxSystem
import Scenarios
import Spelling

/// Reads scenarios from files or from those that come with Brink.
enum ScenarioSource {
    /// - Parameters:
    ///   - reference: a file, or the id of a shipped scenario.
    ///   - only: the id of the scenario that is meant, where there are several.
    /// - Throws: with exit 65 and every mistake on standard error.
    static func read(_ reference: String, only: String? = nil) throws -> Scenario {
        do throws(InvalidScenario) {
            let scenarios = try parse(reference)
            if let only {
                if let scenario = scenarios.first(where: { $0.id == only }) { return scenario }
                throw mistake(reference, "there is no scenario \(only)\(hint(only, scenarios.map(\.id)))")
            }
            if scenarios.count == 1, let scenario = scenarios.first { return scenario }
            let ids = scenarios.map(\.id).joined(separator: ", ")
            throw mistake(
                reference, "several scenarios are in it: choose with --only, or use `brink suite run`: \(ids)")
        } catch {
            for diagnostic in error.diagnostics { Console.progress("\(diagnostic)") }
            throw Console.end(.invalidScenario)
        }
    }

    /// The one scenario of a text that comes with Brink.
    static func parse(_ text: String, called name: String) throws(InvalidScenario) -> Scenario {
        let all = try ScenarioReader.readAll(text, file: name, faults: FaultRegistry.schemas)
        guard let one = all.first else { throw mistake(name, "there is no scenario in it") }
        return one
    }

    /// The same source for whoever starts in another folder.
    static func absolute(_ reference: String) -> String {
        let isShipped = !reference.contains("/") && Catalogue.file(of: reference) != nil
        return isShipped ? reference : WorkingFolder.absolute(reference)
    }

    /// All scenarios of a file, of a shipped file, or the one shipped scenario of that id.
    /// - Throws: with every mistake; that there is no such file is one too.
    static func parse(_ reference: String) throws(InvalidScenario) -> [Scenario] {
        if !reference.contains("/"), let file = Catalogue.file(of: reference), let text = Catalogue.text(of: file) {
            let all = try ScenarioReader.readAll(text, file: file, faults: FaultRegistry.schemas)
            if reference == file { return all }
            if let one = all.first(where: { $0.id == reference }) { return [one] }
            throw mistake(reference, "no shipped scenario has that id\(hint(reference, all.map(\.id)))")
        }
        let text: String
        do throws(SystemError) {
            text = String(decoding: try SystemFile.read(reference), as: UTF8.self)
        } catch {
            let known = Catalogue.files.joined(separator: ", ")
            throw mistake(
                reference,
                "\(error); give a file, a shipped scenario (`brink suite list`) or one of its files: \(known)"
                    + hint(reference, Catalogue.files))
        }
        return try ScenarioReader.readAll(text, file: reference, faults: FaultRegistry.schemas)
    }

    private static func mistake(_ file: String, _ message: String) -> InvalidScenario {
        InvalidScenario([Diagnostic(file: file, line: 1, column: 1, message: message)])
    }

    private static func hint(_ given: String, _ known: [String]) -> String {
        Spelling.suggestion(for: given, among: known)
    }
}
