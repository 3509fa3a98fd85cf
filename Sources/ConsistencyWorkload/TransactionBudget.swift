import Synchronization

/// Counts the transactions of all clients together.
final class TransactionBudget: Sendable {
    private let taken = Mutex(0)
    private let limit: Int

    init(_ limit: Int) {
        self.limit = limit
    }

    /// The number of the next transaction; nil when there are enough.
    func take() -> Int? {
        taken.withLock { taken in
            guard taken < limit else { return nil }
            defer { taken += 1 }
            return taken
        }
    }
}
