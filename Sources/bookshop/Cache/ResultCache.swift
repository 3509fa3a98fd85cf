import Synchronization

/// Answers of reading root fields, kept for a short time, wherever. While an answer is being loaded, everybody who asks
/// for it waits for the same load. Errors are not kept.
///
/// Nobody gets an answer older than a write that was acknowledged before asking, whatever the place of the entries does:
/// see `WriteFloors` and `CacheSeal`.
final class ResultCache: Sendable {
    typealias Load = @Sendable () async throws(ServiceError) -> [UInt8]

    private struct Flight {
        let number: UInt64
        /// Of the latest write before it began.
        let sequence: UInt64
        let task: Task<Result<[UInt8], ServiceError>, Never>
    }

    private struct State {
        var flights: [String: Flight] = [:]
        var count: UInt64 = 0
    }

    private enum Found {
        case fresh([UInt8])
        /// Expired, but not outdated by a write.
        case expired(CacheSeal.Entry)
        /// Why there is none, as it is counted.
        case none(String)
    }

    private let policy: CachePolicy
    private let store: GuardedStore
    private let seal: CacheSeal
    private let floors = WriteFloors()
    private let tagged = TaggedKeys()
    private let metrics: Metrics
    private let state = Mutex(State())

    init(_ policy: CachePolicy, in store: any CacheStore, seal: CacheSeal = CacheSeal(), metrics: Metrics) {
        self.policy = policy
        self.store = GuardedStore(store, metrics: metrics)
        self.seal = seal
        self.metrics = metrics
    }

    /// `nil` where the place of the entries does not tell.
    var count: Int? { store.store.count }

    /// - Parameter tags: what the answer depends on.
    func value(
        for key: String, dependingOn tags: Set<CacheTag> = [], load: @escaping Load
    ) async throws(ServiceError) -> [UInt8] {
        guard policy.timeToLive > .zero else { return try await load() }
        let started = ContinuousClock.now
        let result: String
        var fallback: CacheSeal.Entry?
        switch await find(key, tags) {
        case .fresh(let value):
            metrics.cacheRequests.increment("hit")
            metrics.stages.observe(.cacheHit, since: started)
            return value
        case .expired(let entry): (result, fallback) = ("expired", entry)
        case .none(let reason): result = reason
        }
        let task = fly(key, tags, result, load)
        do throws(ServiceError) {
            let value = try await task.value.get()
            metrics.stages.observe(.cacheMiss, since: started)
            return value
        } catch {
            guard let fallback, mayReplace(error, fallback, tags) else { throw error }
            metrics.cacheStale.increment()
            return fallback.value
        }
    }

    /// To be called when a mutation was, or may have been, carried out, before it is answered.
    func invalidate(_ tags: Set<CacheTag>) {
        guard policy.timeToLive > .zero, policy.invalidates, !tags.isEmpty else { return }
        floors.raise(tags)
        metrics.cacheInvalidations.increment()
        let keys = tagged.take(tags)
        // The floors do what matters; nobody has to wait until the room is free.
        if !keys.isEmpty { Task { await store.remove(keys) } }
    }

    private func find(_ key: String, _ tags: Set<CacheTag>) async -> Found {
        let bytes: [UInt8]
        switch await store.read(key) {
        case .none(let reason): return .none(reason)
        case .found(let found): bytes = found
        }
        guard let entry = seal.open(bytes, for: key) else { return .none("invalid") }
        let isExpired = entry.expiry <= seal.now
        if isExpired, !policy.respectsExpiry { return .fresh(entry.value) }
        guard floors.isCurrent(entry.sequence, tags) else { return .none("outdated") }
        return isExpired ? .expired(entry) : .fresh(entry.value)
    }

    /// The load under way that is good enough, or a new one.
    private func fly(
        _ key: String, _ tags: Set<CacheTag>, _ result: String, _ load: @escaping Load
    ) -> Task<Result<[UInt8], ServiceError>, Never> {
        let (task, isShared) = state.withLock { state in
            // One that began before a write was acknowledged may lack it.
            if policy.sharesLoads, let flight = state.flights[key], floors.isCurrent(flight.sequence, tags) {
                return (flight.task, true)
            }
            let sequence = floors.sequence
            state.count += 1
            let number = state.count
            // A task of its own: the first caller's cancellation must not fail the others.
            let task = Task { await self.fill(key, tags, sequence, number, load) }
            state.flights[key] = Flight(number: number, sequence: sequence, task: task)
            return (task, false)
        }
        metrics.cacheRequests.increment(isShared ? "coalesced" : result)
        return task
    }

    private func fill(
        _ key: String, _ tags: Set<CacheTag>, _ sequence: UInt64, _ number: UInt64, _ load: Load
    ) async -> Result<[UInt8], ServiceError> {
        metrics.cacheLoads.increment()
        do throws(ServiceError) {
            let value = try await load()
            if store.store.isImmediate {
                await keep(value, key, tags, sequence)
                land(key, number)
            } else {
                // Until it is kept, whoever comes shares what was loaded.
                Task {
                    await self.keep(value, key, tags, sequence)
                    self.land(key, number)
                }
            }
            return .success(value)
        } catch {
            land(key, number)
            return .failure(error)
        }
    }

    private func land(_ key: String, _ number: UInt64) {
        state.withLock { state in
            if state.flights[key]?.number == number { state.flights[key] = nil }
        }
    }

    private func keep(_ value: [UInt8], _ key: String, _ tags: Set<CacheTag>, _ sequence: UInt64) async {
        guard floors.isCurrent(sequence, tags) else { return }
        let expiry = seal.now + Int64(policy.timeToLive / .milliseconds(1))
        let bytes = seal.seal(.init(value: value, sequence: sequence, expiry: expiry), for: key)
        tagged.add(key, tags)
        await store.write(bytes, for: key, lifetime: policy.lifetime)
    }

    /// Whether an expired answer is better than an error.
    private func mayReplace(_ error: ServiceError, _ entry: CacheSeal.Entry, _ tags: Set<CacheTag>) -> Bool {
        switch error.code {
        case .databaseUnavailable, .poolTimeout, .poolQueueFull, .statementTimeout, .tooManyOpenFiles: break
        case .databaseError, .unauthenticated, .badRequest, .internal: return false
        }
        return seal.now < entry.expiry + Int64(policy.staleIfError / .milliseconds(1))
            && floors.isCurrent(entry.sequence, tags)
    }
}
