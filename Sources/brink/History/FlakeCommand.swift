import ArgumentParser
import Harness
import History
import Reports

struct FlakeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flake", abstract: "List the flakiest scenarios of the history, worst first.",
        discussion: """
            Example: brink flake --since 4w

            The rate is that of first attempts that failed, with Wilson's interval of 95 %; runs with --weakness do not \
            count. Declared are stable (up to 5 %), flaky (up to 20 %) and very-flaky (up to 50 %). Where it cannot be \
            told whether a scenario is flakier than declared, the number of runs still needed is given. `brink suite run \
            ID --repeat N` makes them.
            """)

    @OptionGroup var selection: HistorySelection
    @Option(help: "How many scenarios at most.") var limit = 20
    @Option(help: "text or json.") var format = OutputFormat.text
    @Flag(help: "Exit with 6 when a scenario is certainly flakier than it declares.") var gate = false
    @OptionGroup var settings: SettingsOptions

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit must be at least 1") }
    }

    func run() throws {
        let all = ObservedFlakiness.all(try selection.runs(settings.settings()))
        switch format {
        case .json: print(try OutputFormat.json(Array(all.prefix(limit))))
        case .text:
            for line in FlakinessTable(Array(all.prefix(limit))).lines { print(line) }
            let marked = all.count(where: \.isMarkedFlaky)
            print("\(all.count) scenarios with runs, \(marked) marked flaky")
        }
        for warning in all.compactMap({ FlakinessWords($0).warning }) { Console.progress("warning: \(warning)") }
        if gate, all.contains(where: { $0.finding == .flakier || $0.finding == .failing }) {
            throw Console.end(.flaky)
        }
    }
}
