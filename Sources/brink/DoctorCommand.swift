import ArgumentParser
import Foundation
import Harness

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Say what this host offers, what is missing and how to get it.",
        discussion: "Example: brink doctor --format json\nExits 69 when something a run needs is missing.")

    @Option(help: "text or json.") var format = OutputFormat.text
    @OptionGroup var settings: SettingsOptions

    private struct Row: Encodable {
        let name: String
        let fine: Bool
        let detail: String
    }

    func run() throws {
        let findings = Preflight(settings: try settings.settings()).findings()
        switch format {
        case .json:
            print(try OutputFormat.json(findings.map { Row(name: $0.name, fine: $0.isFine, detail: $0.detail) }))
        case .text:
            let width = findings.map(\.name.count).max() ?? 0
            for finding in findings {
                let name = finding.name.padding(toLength: width, withPad: " ", startingAt: 0)
                print("\(finding.isFine ? "ok     " : "MISSING")  \(name)  \(finding.detail)")
            }
        }
        if findings.contains(where: { !$0.isFine }) { throw Console.end(.preflight) }
    }
}
