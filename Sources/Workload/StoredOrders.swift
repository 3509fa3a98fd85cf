import Postgres

/// Reads back which keys of a run a table holds.
enum StoredOrders {
    static func keys(prefix: String, database: String, table: String) async throws -> Set<String> {
        try await keys(
            prefix: prefix, database: database, question: "SELECT key FROM \(table) WHERE starts_with(key, $1)")
    }

    /// - Parameter question: SQL that gives the keys which begin with $1, in its first column.
    static func keys(prefix: String, database: String, question: String) async throws -> Set<String> {
        let session = try await PostgresSession.connect(database, options: OrdersTable.options)
        defer { session.close() }
        let rows = try await session.query(question, [prefix])
        var keys: Set<String> = []
        for row in 0..<rows.count {
            if let key = rows[row, 0] { keys.insert(key) }
        }
        return keys
    }
}
