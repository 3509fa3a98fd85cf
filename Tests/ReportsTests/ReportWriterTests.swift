import Events
import Foundation
import Testing

@testable import Reports

@Suite("The reports in a folder")
struct ReportWriterTests {
    @Test("All four are written, for their owner alone, and replaced by the next call")
    func files() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("runs/1")
        for events in [SyntheticRun(hasEnd: false).events, SyntheticRun().events] {
            try ReportWriter().write(events, to: path)
            let names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
            #expect(names == ["junit.xml", "report.html", "result.json", "summary.md"])
            for name in names {
                let attributes = try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")
                #expect(attributes[.posixPermissions] as? Int == 0o600)
            }
        }
        let result = try Data(contentsOf: URL(fileURLWithPath: "\(path)/result.json"))
        #expect(try JSONDecoder().decode(RunResult.self, from: result).verdict == .fail)
    }

    @Test("A folder that cannot be made is an error with its path")
    func noFolder() {
        #expect(throws: ReportError.self) { try ReportWriter().write([], to: "/proc/nowhere") }
    }

    @Test("The summary has verdict, figures and evidence")
    func summary() {
        let text = MarkdownSummary(RunResult(events: SyntheticRun().events), page: "out/report.html").text
        #expect(text.hasPrefix("## ✗ fail: cascade.pool-and-database\n"))
        #expect(text.contains("| ✗ | recovery | recovery(kill) &lt; 8s | recovery(kill) = 8.1 s |"))
        #expect(text.contains("yes: the postmaster has ended | 8.1 s |"))
        #expect(text.contains("none lost"))
        #expect(
            text.contains("| run | 1102 | 21 ms, 1.2 s, 2.4 s, 5 s | 57 × refused, 44 × timeout, 14 × sql.57P01 |"))
        #expect(text.contains("Host restored: yes, 4 changes undone."))
        #expect(text.contains("out/report.html"))
    }

    @Test("Names do not break out of the summary's tables", arguments: HostileText.all)
    func summaryEscaping(_ hostile: String) {
        let text = MarkdownSummary(RunResult(events: HostileText.events(hostile)), page: "p").text
        #expect(!text.contains("<"))
        for line in text.split(separator: "\n") where line.hasPrefix("|") {
            let bars = line.replacing("\\\\", with: "").replacing("\\|", with: "").count { $0 == "|" }
            #expect([5, 6].contains(bars), "\(line)")
        }
        #expect(!text.contains("\u{1B}") && !text.contains("\n# "))
    }
}
