import Postgres

extension PostgresSession {
    /// Asks the server something. Another answer is one to another question: whatever is asked next would get the wrong
    /// one, too.
    func isHealthy(within timeout: Duration? = nil) async throws(PostgresError) -> Bool {
        try await query("SELECT 1 AS healthy", timeout: timeout).columns == ["healthy"]
    }
}
