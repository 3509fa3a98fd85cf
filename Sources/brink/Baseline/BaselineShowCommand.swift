import ArgumentParser
import Baselines
import Harness

struct BaselineShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a baseline: every metric with its intervals, and the machine.")

    @Argument(help: "A baseline's name, or its file.") var baseline: String
    @Option(help: "text or json.") var format = OutputFormat.text
    @OptionGroup var settings: SettingsOptions

    func run() throws {
        do {
            let found = try BaselineStore(try settings.settings()).load(baseline)
            switch format {
            case .json: print(try OutputFormat.json(found))
            case .text: for line in BaselineText(found).lines { print(line) }
            }
        } catch let error as HarnessError {
            throw Console.fail(error.description, error.code)
        }
    }
}
