import Synchronization

/// Entries in this process, the least recently used of which goes first.
final class MemoryStore: CacheStore {
    /// An entry as the control endpoint lists it.
    struct Listed: Sendable {
        let key: String
        let remaining: Duration
    }

    private struct State {
        var entries: LRUCache<String, [UInt8]>
        /// How long each access takes, as if the entries were far away.
        var delay = Duration.zero
    }

    private let timeout: Duration
    private let state: Mutex<State>

    /// - Parameters:
    ///   - capacity: the most entries.
    ///   - timeout: the longest that an access may be delayed.
    init(capacity: Int, timeout: Duration) {
        self.timeout = timeout
        state = Mutex(State(entries: LRUCache(capacity: capacity)))
    }

    var isImmediate: Bool { state.withLock { $0.delay == .zero } }

    var count: Int? { state.withLock { $0.entries.count } }

    func read(_ key: String) async throws(CacheStoreError) -> CacheLookup {
        try await wait()
        return state.withLock { state in
            switch state.entries.lookup(key, now: .now) {
            case .hit(let bytes): .found(bytes)
            case .expired: .expired
            case .missing: .missing
            }
        }
    }

    func write(_ bytes: [UInt8], for key: String, lifetime: Duration) async throws(CacheStoreError) -> Int {
        try await wait()
        return put(bytes, for: key, lifetime: lifetime)
    }

    func remove(_ keys: [String]) async throws(CacheStoreError) {
        try await wait()
        _ = delete(keys)
    }

    private func wait() async throws(CacheStoreError) {
        let delay = state.withLock { $0.delay }
        guard delay > .zero else { return }
        do { try await Task.sleep(for: min(delay, timeout)) } catch { throw .unavailable("cancelled") }
        if delay > timeout { throw .unavailable("no answer within the time for it") }
    }

    // MARK: For the control endpoint, without delay

    var capacity: Int { state.withLock { $0.entries.capacity } }

    var delay: Duration {
        get { state.withLock { $0.delay } }
        set { state.withLock { $0.delay = newValue } }
    }

    /// The least recently used last.
    func list() -> [Listed] {
        let now = ContinuousClock.now
        return state.withLock { state in
            state.entries.contents.map { Listed(key: $0.key, remaining: now.duration(to: $0.expiry)) }
        }
    }

    func value(of key: String) -> (bytes: [UInt8], remaining: Duration)? {
        let now = ContinuousClock.now
        return state.withLock { $0.entries.peek(key) }.map { ($0.value, now.duration(to: $0.expiry)) }
    }

    func put(_ bytes: [UInt8], for key: String, lifetime: Duration) -> Int {
        state.withLock { $0.entries.insert(bytes, for: key, expiry: .now.advanced(by: lifetime)) }
    }

    /// - Returns: how many there were.
    func delete(_ keys: [String]) -> Int {
        state.withLock { state in keys.reduce(0) { $0 + (state.entries.remove($1) ? 1 : 0) } }
    }

    /// - Returns: whether there is such an entry.
    func expire(_ key: String, in remaining: Duration) -> Bool {
        state.withLock { $0.entries.setExpiry(.now.advanced(by: remaining), of: key) }
    }

    /// - Returns: how many entries had to go.
    func resize(to capacity: Int) -> Int { state.withLock { $0.entries.resize(to: capacity) } }
}
