import Postgres

extension WorkloadOptions {
    /// Runs all clients at the same time, and gathers what each wrote down.
    /// - Parameter client: runs one, by its number, until the budget is spent or the end has come.
    func runClients<Item: Sendable>(
        _ client:
            @escaping @Sendable (
                _ number: Int, _ budget: TransactionBudget, _ end: ContinuousClock.Instant
            ) async -> ([Item], WorkloadTally)
    ) async -> ([Item], WorkloadTally) {
        let end = ContinuousClock.now.advanced(by: duration)
        let budget = TransactionBudget(transactions)
        var items: [Item] = []
        var tally = WorkloadTally()
        await withTaskGroup(of: ([Item], WorkloadTally).self) { group in
            for number in 0..<clients { group.addTask { await client(number, budget, end) } }
            for await (part, partTally) in group {
                items += part
                tally.add(partTally)
            }
        }
        return (items, tally)
    }

    /// Reads once more through a fresh connection and drops the table, waiting for a server that is down.
    /// - Returns: what was read, nil when that failed, and what went wrong.
    func finish<Value>(
        _ connectionString: String, _ table: String,
        read: (PostgresSession) async throws(PostgresError) -> Value
    ) async -> (Value?, WorkloadTally) {
        let client = WorkloadClient(connectionString, self, until: .now.advanced(by: recovery))
        var tally = WorkloadTally()
        var last: Value?
        do throws(PostgresError) {
            last = try await client.persistently(read)
        } catch {
            tally.lastReadFailure = error
        }
        do throws(PostgresError) {
            try await client.persistently { session throws(PostgresError) in
                try await WorkloadSchema.dropTable(table, through: session)
            }
        } catch {
            tally.cleanUpFailure = error
        }
        tally.errors = client.tally.errors
        return (last, tally)
    }
}
