import Faults
import Harness
import LinuxSystem
import Scenarios
import Spelling

/// Reads scenarios from files or from those that come with Brink.
enum ScenarioSource {
    /// - Parameter reference: a file, or the id of a shipped scenario.
    /// - Throws: with exit 65 and every mistake on standard error.
    static func read(_ reference: String) throws -> Scenario {
        do throws(InvalidScenario) {
            return try parse(reference)
        } catch {
            for diagnostic in error.diagnostics { Console.progress("\(diagnostic)") }
            throw Console.end(.invalidScenario)
        }
    }

    /// - Throws: with every mistake; that there is no such file is one too.
    static func parse(_ reference: String) throws(InvalidScenario) -> Scenario {
        let text: String
        if let shipped = Catalogue.text(of: reference) {
            text = shipped
        } else {
            do throws(SystemError) {
                let bytes = try SystemFile.read(reference)
                text = String(decoding: bytes, as: UTF8.self)
            } catch {
                let known = Catalogue.ids.joined(separator: ", ")
                let hint = Spelling.suggestion(for: reference, among: Catalogue.ids)
                let message = "\(error); give a file or a shipped scenario: \(known)\(hint)"
                throw InvalidScenario([Diagnostic(file: reference, line: 1, column: 1, message: message)])
            }
        }
        return try ScenarioReader.read(text, file: reference, faults: FaultRegistry.schemas)
    }
}
