/// What is tried again after the database refused it, how often, and after what wait.
///
/// Only what surely changed nothing is safe: the victims of deadlocks and of failed serializations, whose transaction
/// was rolled back as a whole.
struct RetryPolicy: Sendable {
    /// Every operation counts, however often it is tried.
    let metrics: Metrics
    let rules: Rules

    struct Rules: Sendable {
        /// The most tries after the first.
        var most: Int
        /// The first wait is at most this long, the next one at most twice as long; nothing for none.
        var wait: Duration
        /// Whether all that the database refused or did not answer in time is tried again.
        var repeatsAnything = false
    }

    static let standard = Rules(most: 2, wait: .milliseconds(20))
    /// The weakness `retry-storm`.
    static let storm = Rules(most: 30, wait: .zero, repeatsAnything: true)
    /// The weakness `no-deadlock-retry`.
    static let never = Rules(most: 0, wait: .zero)

    /// - Throws: what the last try did.
    func run<Value: Sendable>(
        _ attempt: (DatabaseOperation) async throws(ServiceError) -> Value
    ) async throws(ServiceError) -> Value {
        let operation = DatabaseOperation(metrics)
        var backoff = Backoff(base: rules.wait, cap: rules.wait * 8, seed: .random(in: .min ... .max))
        var retries = 0
        while true {
            do throws(ServiceError) {
                return try await attempt(operation)
            } catch {
                guard retries < rules.most, isRepeatable(error), !Task.isCancelled else { throw error }
                // Cancelled, it is over after the next look.
                try? await Task.sleep(for: backoff.delay(attempt: retries))
                retries += 1
            }
        }
    }

    private func isRepeatable(_ error: ServiceError) -> Bool {
        // A write that may have happened is never safe.
        guard error.outcome != .unknown else { return false }
        if rules.repeatsAnything { return error.code == .databaseError || error.code == .statementTimeout }
        return error.isRolledBackVictim
    }
}

extension ServiceError {
    /// Whether the server rolled the transaction back for the sake of others: serialization_failure, deadlock_detected.
    fileprivate var isRolledBackVictim: Bool { sqlState == "40001" || sqlState == "40P01" }
}
