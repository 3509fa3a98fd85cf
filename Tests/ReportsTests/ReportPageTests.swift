import Events
import Foundation
import Testing

@testable import Reports

@Suite("The page of a run")
struct ReportPageTests {
    private func page(_ events: [RunEvent]) throws -> String {
        try ReportPage(RunResult(events: events), events: events).html()
    }

    @Test("It tells of everything that happened")
    func contents() throws {
        let page = try page(SyntheticRun().events)
        for text in [
            "cascade.pool-and-database", "expectation failed: recovery", "recovery(kill) = 8.1 s",
            "round trip 41.2 ms, before 0.3 ms", "Throughput", "Memory pressure", "6.12.41+deb12-amd64",
            "the pool refused 37 connections", "268435456", "4 made, 4 undone", "steady: latency.p99 &lt; 1500ms",
            "1 of bystanders, 1 of intended victims", "pgbouncer (pid 4712)", "high +4112", "Before the kill at",
            "Connections not taken", "refused for 1.2 s, then told to wait (57P03) for 800 ms, then hung for 2 s",
            "redo starts at 0/15D1C50", "which misses 7 of T4", "20 sessions, at most 120/s; whole after 400 ms",
        ] {
            #expect(page.contains(text), "\(text) is missing")
        }
    }

    @Test("It is well-formed enough for a strict parser and has no script, no link out and no duplicate id")
    func selfContained() throws {
        let page = try page(SyntheticRun().events)
        #expect(!page.contains("<script"))
        #expect(!page.contains("http://") && !page.contains("https://"))
        let ids = page.matches(of: /\sid="([^"]+)"/).map { String($0.1) }
        #expect(Set(ids).count == ids.count)
        for reference in page.matches(of: /aria-labelledby="([^"]+)"/) {
            for id in reference.1.split(separator: " ") { #expect(ids.contains(String(id))) }
        }
    }

    @Test("A reconnect storm and the server's log lines stand on the time axis")
    func stormAndLog() throws {
        let html = try page(SyntheticRun().events)
        #expect(html.contains("class=\"storm\"") && html.contains("120 new connections a second at "))
        #expect(html.contains("class=\"log-mark\""))
    }

    @Test("Only charts with data are shown")
    func emptyRun() throws {
        let page = try page([SyntheticRun().events[0]])
        #expect(!page.contains("class=\"row chart\""))
        #expect(page.contains("interrupted"))
    }

    @Test("Names from outside are shown, never obeyed", arguments: HostileText.all)
    func escaping(_ hostile: String) throws {
        let page = try page(HostileText.events(hostile))
        #expect(!page.contains("<img"))
        #expect(!page.contains("<script"))
        #expect(!page.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" && $0 != "\t" })
        #expect(!page.contains("\u{202E}"))
        #expect(page.matches(of: /\son[a-z]+="/).isEmpty)
    }

    @Test("An hour of 40 metrics makes a page of less than 5 MB in less than 5 s")
    func hour() throws {
        let events = SyntheticRun(length: 3600, extraMetrics: 17).events
        let folder = try TemporaryFolder()
        // Time of this thread alone: other tests and builds share the machine.
        let start = threadSeconds()
        try ReportWriter().write(events, to: folder.path)
        let seconds = threadSeconds() - start
        let size = try Data(contentsOf: URL(fileURLWithPath: folder.file("report.html"))).count
        print("an hour: \(events.count) events, report.html \(size / 1024) KiB, all reports in \(seconds) s")
        #expect(size < 5_000_000)
        #expect(seconds < 5)
    }

    private func threadSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
