import ArgumentParser
import Faults
import Harness
import LinuxSystem
import Scenarios

struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Write a first scenario and its schema into a folder.",
        discussion: "Example: brink init chaos\nOverwrites nothing.")

    @Argument(help: "The folder; it is made when it is missing.") var folder = "."

    func run() throws {
        do {
            try SystemFile.makeFolders(folder, mode: 0o755)
            for (name, text) in [
                ("first.yaml", StarterScenario.text),
                ("brink-v1.schema.json", ScenarioSchema(faults: FaultRegistry.schemas).text),
            ] {
                let path = "\(folder)/\(name)"
                if SystemFile.exists(path) {
                    print("\(path) is there already; left as it is")
                    continue
                }
                try SystemFile.replace(path, Array(text.utf8), mode: 0o644)
                print(path)
            }
        } catch {
            throw Console.fail("\(error)", .usage)
        }
    }
}
