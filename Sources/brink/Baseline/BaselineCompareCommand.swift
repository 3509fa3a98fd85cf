import ArgumentParser
import Baselines
import Harness

struct BaselineCompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Tell which metrics became slower between two baselines.",
        discussion: """
            A metric is slower when its new mean is outside the interval that the old runs predict, corrected for the \
            number of metrics (Holm), and by at least a tenth, or what the machine itself was measured to vary by. \
            Exits 5 when one is. Baselines of different machines are compared with a warning and exit 0.
            """)

    @Argument(help: "The older baseline's name or file.") var before: String
    @Argument(help: "The newer baseline's name or file.") var after: String

    @Option(
        help: ArgumentHelp("The least change that counts, as a share of what was before.", valueName: "share"))
    var floor = 0.1

    @OptionGroup var settings: SettingsOptions

    func validate() throws {
        guard (0...10).contains(floor) else { throw ValidationError("--floor must be from 0 to 10, such as 0.1") }
    }

    func run() throws {
        do {
            let store = BaselineStore(try settings.settings())
            let comparison = BaselineComparison(
                try store.load(before), with: try store.load(after), rule: ComparisonRule(practicalFloor: floor))
            for line in comparison.lines { print(line) }
            if comparison.isRegression { throw Console.end(.regression) }
        } catch let error as HarnessError {
            throw Console.fail(error.description, error.code)
        }
    }
}
