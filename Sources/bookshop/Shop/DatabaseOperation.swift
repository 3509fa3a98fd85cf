import Synchronization

/// One root field that needs the database, however often it is tried.
///
/// It counts with its first transaction: counted when it comes, those that wait for a connection would make few operations
/// with many attempts of the moment in which the queue is worked off.
final class DatabaseOperation: Sendable {
    private let metrics: Metrics
    private let hasBegun = Atomic<Bool>(false)

    init(_ metrics: Metrics) {
        self.metrics = metrics
    }

    /// A transaction is begun for it.
    func begins() {
        metrics.databaseAttempts.increment()
        if !hasBegun.exchange(true, ordering: .relaxed) { metrics.databaseOperations.increment() }
    }
}
