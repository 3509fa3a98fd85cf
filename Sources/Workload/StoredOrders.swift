import Postgres

/// Reads back which keys of a run a table holds.
enum StoredOrders {
    static func keys(prefix: String, database: String, table: String) async throws -> Set<String> {
        let session = try await PostgresSession.connect(database)
        defer { session.close() }
        let rows = try await session.query("SELECT key FROM \(table) WHERE starts_with(key, $1)", [prefix])
        var keys: Set<String> = []
        for row in 0..<rows.count {
            if let key = rows[row, 0] { keys.insert(key) }
        }
        return keys
    }
}
