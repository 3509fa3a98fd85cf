/// A place that entries of the result cache are kept in. It may lose, delay or spoil them: what comes back is checked.
protocol CacheStore: Sendable {
    /// Whether a write is over at once, so that it costs a request nothing to wait for it.
    var isImmediate: Bool { get }
    /// Entries that are there; `nil` where counting them would cost more than it tells.
    var count: Int? { get }

    func read(_ key: String) async throws(CacheStoreError) -> CacheLookup
    /// - Parameter lifetime: after which the place may forget it.
    /// - Returns: the number of entries dropped to make room, where the place tells.
    func write(_ bytes: [UInt8], for key: String, lifetime: Duration) async throws(CacheStoreError) -> Int
    func remove(_ keys: [String]) async throws(CacheStoreError)
}

/// What is kept under a key.
enum CacheLookup: Sendable, Equatable {
    case found([UInt8])
    /// There was one, whose lifetime is over.
    case expired
    case missing
}

/// Why a place did not do what it was asked.
enum CacheStoreError: Error, Sendable, Equatable {
    /// It cannot be reached, or did not answer in time.
    case unavailable(String)
    /// It is there, and refuses this: it is full, say.
    case refused(String)
}
