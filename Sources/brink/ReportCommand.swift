import ArgumentParser
import Harness
import Reports

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Make the reports of a run again from its events.",
        discussion:
            "Example: brink report brink-out/20240601-120000-abc\nA run that was killed is reported as interrupted.")

    @Argument(help: "The run's folder.") var folder: String

    func run() throws {
        do {
            let events = try EventLog.read("\(folder)/events.jsonl")
            try ReportWriter().write(events, to: folder)
        } catch {
            throw Console.fail("\(folder): \(error)", .usage)
        }
        print("\(folder)/report.html")
    }
}
