import Events
import Foundation
import Testing

@testable import Reports

@Suite("The events of a run")
struct EventLogTests {
    private let good = #"{"t":1,"type":"phase","data":{"phase":"run"}}"#

    @Test("A line that was cut off by the end of the harness is left out")
    func tornLine() {
        let log = EventLog(parsing: Data("\(good)\n{\"t\":2,\"ty".utf8))
        #expect(log.events == [RunEvent(1, .phase(PhaseChange(.run)))])
        #expect(log.warnings == ["line 2 is incomplete: the run ended while it was being written"])
    }

    @Test("A whole last line counts without its newline")
    func lastLineWithoutNewline() {
        let log = EventLog(parsing: Data("\(good)\n\(good)".utf8))
        #expect(log.events.count == 2)
        #expect(log.warnings.isEmpty)
    }

    @Test("Other lines that are no events are named by number")
    func malformedLines() {
        let text =
            "\(good)\nnonsense\n{\"t\":1,\"type\":\"phase\",\"data\":{\"phase\":\"lunch\"}}\n"
            + "{\"t\":1,\"type\":\"phase\"}\n\(good)\n"
        let log = EventLog(parsing: Data(text.utf8))
        #expect(log.events.count == 2)
        #expect(
            log.warnings == [
                "line 2 is not an event: no valid JSON",
                "line 3 is not an event: unknown value at data.phase",
                "line 4 is not an event: \"data\" is missing",
            ])
    }

    @Test("A file that is not there is an error with its path")
    func missingFile() {
        #expect(throws: ReportError.self) { try EventLog.read("/nonexistent/events.jsonl") }
    }
}
