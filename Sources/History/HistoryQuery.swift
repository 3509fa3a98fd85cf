import GRDB

/// Which runs of the history are wanted.
public struct HistoryQuery: Hashable, Sendable {
    /// Ids of scenarios; all when empty.
    public var scenarios: [String] = []
    /// Names of domains; all when empty.
    public var domains: [String] = []
    /// Only runs that began at this time or later: ISO 8601 in UTC, or the beginning of one, such as a date.
    public var since: String?
    /// How many at most, newest first; all when nil.
    public var limit: Int?

    public init(scenarios: [String] = [], domains: [String] = [], since: String? = nil, limit: Int? = nil) {
        self.scenarios = scenarios
        self.domains = domains
        self.since = since
        self.limit = limit
    }

    var condition: (sql: String, arguments: StatementArguments) {
        var conditions: [String] = []
        var arguments: [String] = []
        func add(_ column: String, _ values: [String]) {
            guard !values.isEmpty else { return }
            conditions.append("\(column) IN (\(values.map { _ in "?" }.joined(separator: ", ")))")
            arguments += values
        }
        add("scenario", scenarios)
        add("domain", domains)
        if let since {
            conditions.append("startedAt >= ?")
            arguments.append(since)
        }
        let sql = conditions.isEmpty ? "" : "WHERE \(conditions.joined(separator: " AND "))"
        return (sql, StatementArguments(arguments))
    }
}
