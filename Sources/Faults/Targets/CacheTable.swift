import Engine
import Postgres

/// The cache that bookshop keeps in an UNLOGGED table.
public struct CacheTable: CacheAccess {
    let database: DatabaseAccess

    public init(database: DatabaseAccess) {
        self.database = database
    }

    public var place: String { "the table bookshop.cache in \(database.place)" }

    public func keys(_ prefix: String, limit: Int) async throws -> [String] {
        let rows = try await ask(
            "SELECT key FROM bookshop.cache WHERE starts_with(key, $1) AND expiry > clock_timestamp() LIMIT $2",
            [prefix, "\(limit)"])
        return (0..<rows.count).compactMap { rows[$0, 0] }
    }

    public func entries(_ keys: [String]) async throws -> [String: CacheEntry] {
        let rows = try await ask(
            """
            SELECT key, value, 1000 * extract(epoch FROM expiry - clock_timestamp())
            FROM bookshop.cache WHERE key = ANY ($1::text[]) AND expiry > clock_timestamp()
            """, [CacheTable.array(keys)])
        var found: [String: CacheEntry] = [:]
        for row in 0..<rows.count {
            guard let key = rows[row, 0], let value = rows[row, 1] else { continue }
            found[key] = CacheEntry(
                bytes: Array(value.utf8), remaining: rows[row, 2].flatMap { Double($0) }.map { .milliseconds($0) })
        }
        return found
    }

    public func put(_ entry: CacheEntry, for key: String) async throws -> Int {
        let lifetime = entry.remaining ?? .seconds(86_400)
        try await ask(
            """
            INSERT INTO bookshop.cache (key, value, expiry)
            VALUES ($1, $2, clock_timestamp() + $3::float8 * interval '1 ms')
            ON CONFLICT (key) DO UPDATE SET value = excluded.value, expiry = excluded.expiry
            """, [key, String(decoding: entry.bytes, as: UTF8.self), "\(lifetime / .milliseconds(1))"])
        return 0
    }

    public func delete(_ keys: [String]) async throws -> Int {
        let rows = try await ask(
            "WITH gone AS (DELETE FROM bookshop.cache WHERE key = ANY ($1::text[]) RETURNING 1) SELECT count(*) FROM gone",
            [CacheTable.array(keys)])
        return Int(rows.number(0))
    }

    public func expire(_ keys: [String], over time: Duration) async throws -> Int {
        let rows = try await ask(
            """
            WITH chosen AS (
                SELECT key, (ordinality - 1)::float8 / greatest($3::int - 1, 1) AS part
                FROM unnest($1::text[]) WITH ORDINALITY AS k(key, ordinality)),
            changed AS (
                UPDATE bookshop.cache c SET expiry = clock_timestamp() + part * $2::float8 * interval '1 ms'
                FROM chosen WHERE c.key = chosen.key RETURNING 1)
            SELECT count(*) FROM changed
            """, [CacheTable.array(keys), "\(time / .milliseconds(1))", "\(keys.count)"])
        return Int(rows.number(0))
    }

    public func figures() async throws -> Observation {
        ["entries": try await ask("SELECT count(*) FROM bookshop.cache WHERE expiry > clock_timestamp()", []).number(0)]
    }

    public func hottest(_ prefix: String) async throws -> String? {
        throw FaultError("\(place) does not tell which entry is read most: name one with `key`")
    }

    public func pressure() async throws -> CachePressure {
        throw FaultError("\(place) has no bound, so it never evicts")
    }

    @discardableResult
    private func ask(_ sql: String, _ parameters: [String?]) async throws -> PostgresRows {
        let session = try await database.open("brink-cache", within: .seconds(5))
        defer { session.close() }
        return try await session.query(sql, parameters)
    }

    /// A text[] in PostgreSQL's own form.
    private static func array(_ texts: [String]) -> String {
        let quoted = texts.map { text in
            "\"" + text.reduce(into: "") { $0 += ["\"", "\\"].contains($1) ? "\\\($1)" : "\($1)" } + "\""
        }
        return "{" + quoted.joined(separator: ",") + "}"
    }
}
