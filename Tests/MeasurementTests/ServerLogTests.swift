import Events
import LinuxSystem
import Testing

@testable import Measurement

/// What a server's log says of itself, and what is read from it.
@Suite struct ServerLogTests {
    private func log() throws -> ServerLog {
        try #require(ServerLog(target: "db", path: "/dev/null", start: MonotonicClock.now()))
    }

    /// A log in another form is told of; one that is only silent, or has lines from before the run, is not.
    @Test(arguments: [
        ("", false), ("2026-11-30 02:54:06.288 UTC [1341] LOG:  database system is shut down\n", false),
        ("DETAIL:  more\n2026-11-30 02:54:06.288 UTC [1341] bob@shop ERROR:  no\n", false),
        ("2026-11-30 03:54:06.288 CET [1341] LOG:  database system is shut down\n", true),
        (#"{"timestamp":"2026-11-30 02:54:06.288 UTC","pid":1341}"# + "\n", true),
    ])
    func aLogInAnotherForm(_ text: String, _ isForeign: Bool) throws {
        let path = "/tmp/brink-log-\(UInt32.random(in: 0 ... .max))"
        defer { try? SystemFile.removeTree(path) }
        try SystemFile.replace(path, Array("from before, in another form\n".utf8))
        let log = try #require(ServerLog(target: "db", path: path, start: MonotonicClock.now()))
        try SystemFile.replace(path, Array("from before, in another form\n\(text)".utf8))
        #expect(log.isForeign == isForeign)
    }

    @Test func dayAndTimeAreSecondsSince1970() {
        #expect(ServerLog.seconds(date: "1970-01-01", time: "00:00:00.000") == 0)
        #expect(ServerLog.seconds(date: "2000-02-29", time: "12:00:00.500") == 951_825_600.5)
        #expect(ServerLog.seconds(date: "2026-11-30", time: "02:54:06.288") == 1_796_007_246.288)
        #expect(ServerLog.seconds(date: "2026-11", time: "02:54:06.288") == nil)
    }

    @Test(arguments: [
        ("2026-11-30 02:54:06.288 UTC [1341] LOG:  database system is ready", "LOG", "database system is ready"),
        ("2026-11-30 02:54:06.288 UTC [1] PANIC:  could not write: full", "PANIC", "could not write: full"),
    ])
    func itsOwnLinesAreRead(_ text: String, _ severity: String, _ message: String) throws {
        let line = try #require(try log().line(text[...]))
        #expect(line.severity == severity)
        #expect(line.text == message)
    }

    @Test(arguments: [
        // Of a session, of another time zone, of what is no line of a log.
        "2026-11-30 02:54:06.288 UTC [1341] app@shop FATAL:  terminating connection",
        "2026-11-30 02:54:06.288 CET [1341] LOG:  database system is ready",
        "\tcontinued", "", "2026-11-30 02:54:06.288 UTC [1341] DETAIL:  more",
    ])
    func othersAreNot(_ text: String) throws {
        #expect(try log().line(text[...]) == nil)
    }

    private func lines(_ texts: [(Double, String)]) -> [ServerLogLine] {
        texts.map { ServerLogLine(target: "db", at: $0.0, severity: "LOG", text: $0.1) }
    }

    @Test func replayedWALIsTheDistanceOfItsEnds() throws {
        let replayed = try #require(
            ReplayedWAL(
                lines([
                    (1, "redo starts at 0/1000000"),
                    (3, "redo done at 1/1000000 system usage: CPU: user: 0.01 s, system: 0.00 s, elapsed: 0.50 s"),
                    (4, "redo starts at 0/2000000"), (6, "redo done at 0/2100000"),
                ])))
        #expect(replayed.bytes == 4_294_967_296 + 1_048_576)
        #expect(replayed.seconds == 2.5)
    }

    @Test func noRedoIsNothingReplayedAndSilenceIsUnknown() {
        #expect(ReplayedWAL(lines([(1, "redo is not required")]))?.bytes == 0)
        #expect(ReplayedWAL(lines([(1, "database system is ready to accept connections")])) == nil)
        // Killed again before it was done.
        #expect(ReplayedWAL(lines([(1, "redo starts at 0/1000000")])) == nil)
    }
}
