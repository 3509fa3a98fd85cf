import ArgumentParser
import Foundation
import Harness

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Say what this host offers, what is missing and how to get it.",
        discussion: """
            Example: brink doctor --format json
            Exits 69 when something that every run needs is missing; what only \
            some faults and targets need is shown as absent.
            """)

    @Option(help: "text or json.") var format = OutputFormat.text
    @OptionGroup var settings: SettingsOptions

    private struct Row: Encodable {
        let name: String
        /// fine, missing or absent.
        let state: String
        let detail: String
    }

    func run() throws {
        let findings = Doctor(settings: try settings.settings()).findings()
        switch format {
        case .json:
            let rows = findings.map { Row(name: $0.name, state: $0.state.rawValue, detail: $0.detail) }
            print(try OutputFormat.json(rows))
        case .text:
            let width = findings.map(\.name.count).max() ?? 0
            for finding in findings {
                let name = finding.name.padding(toLength: width, withPad: " ", startingAt: 0)
                print("\(Self.mark(finding.state))  \(name)  \(finding.detail)")
            }
        }
        if findings.contains(where: { $0.state == .missing }) { throw Console.end(.preflight) }
    }

    private static func mark(_ state: Doctor.Finding.State) -> String {
        switch state {
        case .fine: "ok     "
        case .missing: "MISSING"
        case .absent: "absent "
        }
    }
}
