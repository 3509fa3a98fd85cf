import Events
import Glibc
import LinuxSystem

/// Reads what a PostgreSQL server writes into its log about itself, with the prefix `%m [%p] %q%u@%d ` in UTC.
///
/// Lines of sessions are left out: they tell of statements, of which the load knows more.
public struct ServerLog: Sendable {
    private let target: String
    public let path: String
    /// Bytes that were there before the run.
    private let beginning: Int
    /// Seconds that the run's clock is behind the wall clock since 1970.
    private let offset: Double

    /// - Parameter start: the run's zero on the monotonic clock.
    public init?(target: String, path: String, start: Duration) {
        guard let size = SystemFile.size(of: path) else { return nil }
        self.target = target
        self.path = path
        beginning = size
        var wall = timespec()
        clock_gettime(CLOCK_REALTIME, &wall)
        offset = Double(wall.tv_sec) + Double(wall.tv_nsec) / 1e9 - (MonotonicClock.now() - start) / .seconds(1)
    }

    /// The lines since the beginning, oldest first; a log that is gone has none.
    public func lines() -> [ServerLogLine] { written.compactMap(line) }

    /// Whether something was written since the beginning, and no line of it begins as it must to be read here.
    public var isForeign: Bool {
        let lines = written
        return !lines.isEmpty && !lines.contains { ServerLog.beginning($0) != nil }
    }

    private var written: [Substring] {
        guard let bytes = try? SystemFile.read(path) else { return [] }
        return String(decoding: bytes.dropFirst(beginning), as: UTF8.self).split(separator: "\n")
    }

    /// `2026-11-30 02:54:06.288 UTC [1341] `, and what follows.
    private static func beginning(_ text: Substring) -> (time: Double, rest: Substring)? {
        let words = text.split(separator: " ", maxSplits: 4, omittingEmptySubsequences: false)
        guard words.count == 5, words[2] == "UTC", words[3].hasPrefix("["), words[3].hasSuffix("]"),
            let time = ServerLog.seconds(date: words[0], time: words[1])
        else { return nil }
        return (time, words[4])
    }

    func line(_ text: Substring) -> ServerLogLine? {
        guard let (time, rest) = ServerLog.beginning(text) else { return nil }
        guard let colon = rest.firstIndex(of: ":"),
            ["LOG", "WARNING", "FATAL", "PANIC"].contains(String(rest[..<colon]))
        else { return nil }
        let message = rest[rest.index(after: colon)...].drop { $0 == " " }
        return ServerLogLine(
            target: target, at: time - offset, severity: String(rest[..<colon]), text: String(message))
    }

    /// Seconds since 1970 of `2026-11-30` and `02:54:06.288`, both of UTC.
    static func seconds(date: Substring, time: Substring) -> Double? {
        let parts = date.split(separator: "-").compactMap { Int($0) }
        let clock = time.split(separator: ":").compactMap { Double($0) }
        guard parts.count == 3, clock.count == 3 else { return nil }
        // Days from civil (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
        let year = parts[1] <= 2 ? parts[0] - 1 : parts[0]
        let era = year / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (parts[1] + (parts[1] > 2 ? -3 : 9)) + 2) / 5 + parts[2] - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        return Double(days) * 86_400 + clock[0] * 3600 + clock[1] * 60 + clock[2]
    }
}
