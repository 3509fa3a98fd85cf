/// The answer to INFO: `name:value` lines in sections.
public struct RedisInformation: Sendable {
    private let values: [Substring: Substring]

    public init(_ text: String) {
        var values: [Substring: Substring] = [:]
        // "\r\n" is one Character.
        for line in text.split(whereSeparator: \.isNewline) {
            guard !line.hasPrefix("#"), let colon = line.firstIndex(of: ":") else { continue }
            values[line[..<colon]] = line[line.index(after: colon)...]
        }
        self.values = values
    }

    public func text(_ name: String) -> String? { values[name[...]].map(String.init) }

    public func number(_ name: String) -> Double? { values[name[...]].flatMap { Double($0) } }

    /// Keys of all databases.
    public var keys: Int {
        values.filter { $0.key.hasPrefix("db") && $0.value.hasPrefix("keys=") }
            .compactMap { Int($0.value.dropFirst("keys=".count).prefix { $0.isNumber }) }.reduce(0, +)
    }
}

extension RedisClient {
    /// Sections `stats`, `memory`, `keyspace` and the rest that INFO gives by default.
    public func information(within timeout: Duration = .seconds(2)) async throws(RedisError) -> RedisInformation {
        RedisInformation(try await send("INFO", within: timeout).text ?? "")
    }
}
