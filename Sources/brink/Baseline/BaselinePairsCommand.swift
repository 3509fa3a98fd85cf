import ArgumentParser
import Baselines
import Harness
import Scenarios

struct BaselinePairsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pairs",
        abstract: "Measure two services in turns, and tell which metrics are slower in the second.",
        discussion: """
            Example: brink baseline pairs before.yaml after.yaml

            Each turn starts a scenario's services anew, measures them and ends them; every other pair begins with the \
            second. What the machine did meanwhile is in both turns of a pair, so this tells less of a change than two \
            collections at different times can. Judged by Wilcoxon's signed-rank test, corrected for the number of metrics \
            (Holm): with 44 metrics, fewer than 11 pairs can tell nothing. Exits 5 when a metric is slower.
            """)

    @Argument(help: "A scenario file or shipped scenario; its faults are not used.") var first: String
    @Argument(help: "The one that is held against it.") var second: String

    @Option(help: "How many pairs of turns.") var pairs = 12

    @Option(help: ArgumentHelp("Length of a window, of which a turn has three: one to warm up.", valueName: "time"))
    var window = "3s"

    @Option(
        help: ArgumentHelp("The least change that counts, as a share of the first's.", valueName: "share"))
    var floor = 0.1

    @Option(help: "text or json.") var format = OutputFormat.text
    @Option(help: "Seed of every random choice.") var seed: UInt64 = 1
    @OptionGroup var settings: SettingsOptions

    func validate() throws {
        guard (2...1000).contains(pairs) else { throw ValidationError("--pairs must be from 2 to 1000") }
        guard (0...10).contains(floor) else { throw ValidationError("--floor must be from 0 to 10, such as 0.1") }
    }

    func run() async throws {
        guard case .duration(let length)? = Quantity(window) else {
            throw Console.fail("--window must be a time such as 3s, not \"\(window)\"", .usage)
        }
        do {
            let scenarios = try [first, second].map { try ScenarioSource.read($0, only: nil) }
            let measurement = BaselineMeasurement(settings: try settings.settings(), isReference: false)
            var found: [(first: Baseline, second: Baseline)] = []
            for pair in 0..<pairs {
                // Neither service always has the machine that the other leaves behind.
                let order = pair.isMultiple(of: 2) ? [0, 1] : [1, 0]
                var turns: [Int: Baseline] = [:]
                for side in order {
                    Console.progress("brink: pair \(pair + 1) of \(pairs): \(side == 0 ? first : second)")
                    let turn = CollectionSettings(
                        runs: 2, window: length / .seconds(1), collections: 1, seed: seed &+ UInt64(pair))
                    turns[side] = try await measurement.measure(
                        try BaselineRequest("turn", scenario: scenarios[side], settings: turn))
                }
                if let first = turns[0], let second = turns[1] { found.append((first, second)) }
            }
            let comparison = PairedComparison(
                Self.label(first), Self.label(second), pairs: found, practicalFloor: floor)
            switch format {
            case .json: print(try OutputFormat.json(comparison))
            case .text: for line in comparison.lines { print(line) }
            }
            if comparison.isRegression { throw Console.end(.regression) }
        } catch let error as HarnessError {
            throw Console.fail(error.description, error.code)
        }
    }

    private static func label(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
}
