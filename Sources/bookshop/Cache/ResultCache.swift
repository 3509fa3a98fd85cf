import Synchronization

/// Answers of reading root fields, kept for a short time. While an answer is being loaded, everybody who asks for it
/// waits for the same load. Errors are not kept.
final class ResultCache: Sendable {
    typealias Load = @Sendable () async throws(ServiceError) -> [UInt8]

    private struct State {
        var entries: LRUCache<String, [UInt8]>
        var loading: [String: Task<Result<[UInt8], ServiceError>, Never>] = [:]
    }

    private enum Found {
        case value([UInt8])
        case loading(Task<Result<[UInt8], ServiceError>, Never>)
    }

    private let timeToLive: Duration
    private let metrics: Metrics
    private let state: Mutex<State>

    /// - Parameters:
    ///   - timeToLive: how long an answer may be given again; zero switches the cache off, single flight included.
    ///   - capacity: the most entries.
    init(timeToLive: Duration, capacity: Int, metrics: Metrics) {
        self.timeToLive = timeToLive
        self.metrics = metrics
        self.state = Mutex(State(entries: LRUCache(capacity: capacity)))
    }

    var count: Int { state.withLock { $0.entries.count } }

    func value(for key: String, load: @escaping Load) async throws(ServiceError) -> [UInt8] {
        guard timeToLive > .zero else { return try await load() }
        let (found, result) = state.withLock { state -> (Found, String) in
            let result: String
            switch state.entries.lookup(key, now: .now) {
            case .hit(let value): return (.value(value), "hit")
            case .expired: result = "expired"
            case .missing: result = "miss"
            }
            if let task = state.loading[key] { return (.loading(task), "coalesced") }
            // A task of its own: the first caller's cancellation must not fail the others.
            let task = Task { await self.fill(key, load) }
            state.loading[key] = task
            return (.loading(task), result)
        }
        metrics.cacheRequests.increment(result)
        switch found {
        case .value(let value): return value
        case .loading(let task): return try await task.value.get()
        }
    }

    private func fill(_ key: String, _ load: Load) async -> Result<[UInt8], ServiceError> {
        let result: Result<[UInt8], ServiceError>
        do throws(ServiceError) {
            result = .success(try await load())
        } catch {
            result = .failure(error)
        }
        let evicted = state.withLock { state in
            state.loading[key] = nil
            guard case .success(let value) = result else { return 0 }
            return state.entries.insert(value, for: key, expiry: .now.advanced(by: timeToLive))
        }
        if evicted > 0 { metrics.cacheEvictions.increment(by: UInt64(evicted)) }
        return result
    }
}
