import ArgumentParser
import LinuxSystem

struct SuitePagesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pages", abstract: "Write a page in Markdown for each scenario, and an index of all.",
        discussion: "Example: brink suite pages --out pages --domain cache")

    @OptionGroup var selection: SuiteSelection
    @Option(help: ArgumentHelp("The folder to write to; made when it is not there.", valueName: "folder"))
    var out: String

    func run() throws {
        let entries = try selection.entries()
        do throws(SystemError) {
            try SystemFile.makeFolders(out, mode: 0o755)
            for entry in entries {
                let page = ScenarioPage(scenario: entry.scenario).text
                try SystemFile.replace("\(out)/\(entry.scenario.id).md", Array(page.utf8), mode: 0o644)
            }
            let lines = entries.map { entry in
                let domain = entry.scenario.about.domain?.rawValue ?? "none"
                return "| [\(entry.scenario.id)](\(entry.scenario.id).md) | \(domain) |"
            }
            let index = ["# Scenarios", "", "| scenario | domain |", "| --- | --- |"] + lines
            try SystemFile.replace("\(out)/index.md", Array((index.joined(separator: "\n") + "\n").utf8), mode: 0o644)
        } catch {
            throw Console.fail("\(error)", .internal)
        }
        print("\(entries.count) pages in \(out)")
    }
}
