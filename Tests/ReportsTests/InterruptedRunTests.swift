import Events
import Foundation
import Testing

@testable import Reports

/// A harness that is killed leaves its events up to some byte. Whatever byte that is, they make a report that says so.
@Suite("The events of a run that was killed")
struct InterruptedRunTests {
    private static let lines: [Data] = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return SyntheticRun(length: 6).events.compactMap { event in try? encoder.encode(event) + Data("\n".utf8) }
    }()

    private func reports(_ data: Data) throws -> (result: RunResult, page: String, log: EventLog) {
        let log = EventLog(parsing: data)
        let result = RunResult(events: log.events)
        return (result, try ReportPage(result, events: log.events).html(), log)
    }

    @Test("Cut after any line, or within one, they make the report of an interrupted run")
    func everyLine() throws {
        let lines = InterruptedRunTests.lines
        try #require(lines.count > 100)
        var data = Data()
        for (index, line) in lines.enumerated() {
            let cut = data + line.prefix(line.count / 2)
            for (text, count) in [(data, index), (cut, index)] {
                let log = EventLog(parsing: text)
                #expect(log.events.count == count)
                #expect(log.warnings.count == (text.count == data.count ? 0 : 1), "\(log.warnings)")
                let result = RunResult(events: log.events)
                #expect(result.interrupted && result.verdict == nil && result.host.restored == nil)
            }
            // Each kind of event is the last one somewhere; the page is made where that is, and now and then besides.
            if index.isMultiple(of: 20) || !line.contains(Data("\"type\":\"sample\"".utf8)), index < 400 {
                let (result, page, _) = try reports(cut)
                #expect(page.contains("interrupted"))
                #expect(MarkdownSummary(result, page: "p").text.contains("the run was interrupted"))
                #expect(JUnitReport(result).text.contains("interrupted"))
            }
            data += line
        }
        let whole = RunResult(events: EventLog(parsing: data).events)
        #expect(!whole.interrupted && whole.verdict == .fail)
    }

    @Test("Cut at any byte of the last lines, nothing is lost but the line that was being written")
    func everyByte() throws {
        let lines = InterruptedRunTests.lines
        let start = lines.dropLast(2).reduce(Data(), +)
        let rest = lines.suffix(2).reduce(Data(), +)
        let last = try #require(lines.last)
        for count in 0..<rest.count {
            let log = EventLog(parsing: start + rest.prefix(count))
            // A whole line counts without its line feed.
            let isWhole = count >= rest.count - 1
            #expect(RunResult(events: log.events).interrupted == !isWhole)
            #expect(log.events.count >= lines.count - 2)
            #expect(count > rest.count - last.count || log.events.count < lines.count)
        }
    }

    @Test("No event at all makes one too")
    func empty() throws {
        let (result, page, log) = try reports(Data())
        #expect(log.warnings.isEmpty && result.interrupted && page.contains("interrupted"))
    }

    @Test("Other systems are told as well")
    func exports() throws {
        let log = EventLog(parsing: InterruptedRunTests.lines.dropLast(3).reduce(Data(), +))
        let result = RunResult(events: log.events)
        #expect(OpenMetricsText(result).figures.contains("brink_run_interrupted{"))
        #expect(WorkflowCommands(result).lines.contains { $0.hasPrefix("::error") && $0.contains("interrupted") })
        #expect(GrafanaAnnotation.all(result).first?.text.contains("interrupted") == true)
    }
}
