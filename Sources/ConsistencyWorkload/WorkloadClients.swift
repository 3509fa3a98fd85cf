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
}
