import Faults
import Harness
import LinuxSystem
import Scenarios

/// Reads scenarios from files or from those that come with Brink.
enum ScenarioSource {
    /// - Parameter reference: a file, or the id of a shipped scenario.
    /// - Throws: with exit 65 and every mistake on standard error.
    static func read(_ reference: String) throws -> Scenario {
        do {
            return try parse(reference)
        } catch let error as InvalidScenario {
            for diagnostic in error.diagnostics { Console.progress("\(diagnostic)") }
            throw Console.end(.invalidScenario)
        }
    }

    /// - Throws: `InvalidScenario`, or the exit for a file that is not there.
    static func parse(_ reference: String) throws -> Scenario {
        let text: String
        if let shipped = Catalogue.text(of: reference) {
            text = shipped
        } else {
            do throws(SystemError) {
                let bytes = try SystemFile.read(reference)
                text = String(decoding: bytes, as: UTF8.self)
            } catch {
                let known = Catalogue.ids.joined(separator: ", ")
                throw Console.fail("\(error); give a file or a shipped scenario: \(known)", .invalidScenario)
            }
        }
        return try ScenarioReader.read(text, file: reference, faults: FaultRegistry.schemas)
    }
}
