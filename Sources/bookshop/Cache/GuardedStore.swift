import Synchronization

/// A place for entries whose trouble is never a request's trouble: what fails counts as missing, and a place that failed
/// several times in a row is left alone for a second.
final class GuardedStore: Sendable {
    enum Answer: Sendable, Equatable {
        case found([UInt8])
        /// Why there is none, as it is counted.
        case none(String)
    }

    let store: any CacheStore
    private let metrics: Metrics
    private let breaker: Mutex<CircuitBreaker>

    init(_ store: any CacheStore, metrics: Metrics, breaker: CircuitBreaker = CircuitBreaker()) {
        self.store = store
        self.metrics = metrics
        self.breaker = Mutex(breaker)
    }

    func read(_ key: String) async -> Answer {
        switch await attempt({ store throws(CacheStoreError) in try await store.read(key) }) {
        case .done(.found(let bytes)): .found(bytes)
        case .done(.expired): .none("expired")
        case .done(.missing): .none("miss")
        case .failed: .none("error")
        case .bypassed: .none("bypassed")
        }
    }

    func write(_ bytes: [UInt8], for key: String, lifetime: Duration) async {
        let outcome = await attempt { store throws(CacheStoreError) in
            try await store.write(bytes, for: key, lifetime: lifetime)
        }
        metrics.cacheWrites.increment(outcome.name)
        if case .done(let evicted) = outcome, evicted > 0 { metrics.cacheEvictions.increment(by: UInt64(evicted)) }
    }

    func remove(_ keys: [String]) async {
        if keys.isEmpty { return }
        let outcome = await attempt { store throws(CacheStoreError) in try await store.remove(keys) }
        metrics.cacheWrites.increment(outcome.name)
    }

    private enum Outcome<Value> {
        case done(Value)
        case failed
        case bypassed

        var name: String {
            switch self {
            case .done: "ok"
            case .failed: "error"
            case .bypassed: "bypassed"
            }
        }
    }

    private func attempt<Value: Sendable>(
        _ body: (any CacheStore) async throws(CacheStoreError) -> Value
    ) async -> Outcome<Value> {
        guard breaker.withLock({ $0.mayTry(now: .now) }) else { return .bypassed }
        do throws(CacheStoreError) {
            let value = try await body(store)
            breaker.withLock { $0.succeeded() }
            return .done(value)
        } catch {
            switch error {
            case .unavailable: breaker.withLock { $0.failed(now: .now) }
            // It answered.
            case .refused: breaker.withLock { $0.succeeded() }
            }
            return .failed
        }
    }
}
