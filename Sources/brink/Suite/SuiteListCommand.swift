import ArgumentParser
import Harness
import Scenarios
import TextTables

struct SuiteListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show the scenarios of a suite, every case of every file.",
        discussion: "Example: brink suite list --domain cache --format json | jq '.[].id'")

    @OptionGroup var selection: SuiteSelection
    @Option(help: "text or json.") var format = OutputFormat.text

    private struct Row: Encodable {
        let id: String
        let domain: String?
        let category: String
        let tags: [String]
        /// Weaknesses of bookshop that make it fail.
        let catches: [String]
        let faults: [String]
        /// Of its phases, in seconds.
        let duration: Double
        let why: String
        let expected: String
        let needs: [String]
        let alone: Bool
        let source: String

        init(_ entry: SuiteEntry) {
            let scenario = entry.scenario
            id = scenario.id
            domain = scenario.about.domain?.rawValue
            category = scenario.about.category.rawValue
            tags = scenario.about.tags
            catches = scenario.about.catches
            faults = Set(scenario.faults.map(\.name)).sorted()
            duration = entry.duration / .seconds(1)
            why = scenario.why
            expected = scenario.about.expected
            needs = scenario.about.needs.map(\.description)
            alone = entry.isAlone
            source = entry.source
        }

        var cells: [String] {
            let mark = category == "stable" ? "" : " [\(category)]"
            let marks = tags.isEmpty ? "" : " #" + tags.joined(separator: " #")
            return [
                id, domain ?? "–", "\(Int(duration.rounded())) s", faults.joined(separator: ", ") + mark + marks,
            ]
        }
    }

    func run() throws {
        let rows = try selection.entries().map(Row.init)
        switch format {
        case .json: print(try OutputFormat.json(rows))
        case .text:
            for line in TextTable(rows.map(\.cells)).lines { print(line) }
            let domains = Set(rows.compactMap(\.domain)).count
            let kinds = Set(rows.flatMap(\.faults)).count
            print("\(rows.count) scenarios, \(domains) domains, \(kinds) kinds of faults")
        }
    }
}
