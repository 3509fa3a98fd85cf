import ArgumentParser
import Foundation
import Harness
import History
import LinuxSystem
import Reports
import Scenarios

/// Which runs of the history are meant.
struct HistorySelection: ParsableArguments {
    @Option(
        name: .customLong("scenario"),
        help: ArgumentHelp("Only runs of this scenario; repeatable.", valueName: "id"))
    var scenarios: [String] = []

    @Option(
        name: .customLong("domain"), help: ArgumentHelp("Only runs of this domain; repeatable.", valueName: "name"))
    var domains: [String] = []

    @Option(
        help: ArgumentHelp(
            "Only runs since then: a date or time in UTC such as 2026-11-30, or a length such as 12h, 7d or 4w.",
            valueName: "time"))
    var since: String?

    func validate() throws {
        let known = ScenarioAbout.Domain.allCases.map(\.rawValue)
        for name in domains where !known.contains(name) {
            throw ValidationError("there is no domain '\(name)': \(known.joined(separator: ", "))")
        }
        if let since, HistorySelection.moment(since) == nil {
            throw ValidationError("--since must be a date such as 2026-11-30 or a length such as 12h, 7d or 4w")
        }
    }

    /// The runs, newest first; none where no history has been written yet.
    /// - Throws: with exit 70 when it cannot be read.
    func runs(_ settings: Settings, limit: Int? = nil) throws -> [RunRecord] {
        guard SystemFile.exists(settings.historyFile) else {
            Console.progress("brink: no history yet: \(settings.historyFile) is not there")
            return []
        }
        let query = HistoryQuery(
            scenarios: scenarios, domains: domains, since: since.flatMap { HistorySelection.moment($0) }, limit: limit)
        do throws(HistoryError) {
            return try HistoryStore(path: settings.historyFile).runs(query)
        } catch {
            throw Console.fail("\(error)", .internal)
        }
    }

    /// ISO 8601 in UTC, or the beginning of one; nil for what is neither that nor a length of time.
    private static func moment(_ text: String) -> String? {
        let units: [Character: Double] = ["h": 3600, "d": 86_400, "w": 604_800]
        if let unit = text.last.flatMap({ units[$0] }), let count = Int(text.dropLast()), (0...100_000).contains(count)
        {
            return Date.now.addingTimeInterval(-Double(count) * unit).formatted(.iso8601)
        }
        let date = /[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}Z?)?)?/
        return text.wholeMatch(of: date) == nil ? nil : text
    }
}
