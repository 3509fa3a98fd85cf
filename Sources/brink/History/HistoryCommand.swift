import ArgumentParser
import Harness
import History
import Reports

struct HistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "List the runs of this host, newest first, with their commits and figures.",
        discussion: """
            Example: brink history --scenario database.crashes.kill-postmaster --since 7d

            Every run is noted in the state folder's history.sqlite, or where --history says; the oldest of more than \
            10,000 go. `brink report --trend` draws it.
            """)

    @OptionGroup var selection: HistorySelection
    @Option(help: "How many runs at most.") var limit = 50
    @Option(help: "text or json.") var format = OutputFormat.text
    @OptionGroup var settings: SettingsOptions

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit must be at least 1") }
    }

    func run() throws {
        let runs = try selection.runs(settings.settings(), limit: limit)
        switch format {
        case .json: print(try OutputFormat.json(runs))
        case .text:
            for line in HistoryTable(runs).lines { print(line) }
            print(runs.count == 1 ? "1 run" : "\(runs.count) runs")
        }
    }
}
