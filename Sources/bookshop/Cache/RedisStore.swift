import Redis

/// Entries in a Redis, each with a lifetime there.
struct RedisStore: CacheStore {
    /// Begins each key: others may use the same Redis.
    static let prefix = "bookshop:"

    let client: RedisClient
    /// For one access, connecting included.
    let timeout: Duration

    var isImmediate: Bool { false }
    var count: Int? { nil }

    func read(_ key: String) async throws(CacheStoreError) -> CacheLookup {
        switch try await send(["GET", Self.prefix + key].map { Array($0.utf8) }) {
        case .bulk(let bytes): .found(bytes)
        default: .missing
        }
    }

    func write(_ bytes: [UInt8], for key: String, lifetime: Duration) async throws(CacheStoreError) -> Int {
        let milliseconds = max(1, Int64(lifetime / .milliseconds(1)))
        _ = try await send(
            [
                Array("SET".utf8), Array((Self.prefix + key).utf8), bytes, Array("PX".utf8),
                Array("\(milliseconds)".utf8),
            ])
        // Redis counts its evictions itself (INFO, evicted_keys).
        return 0
    }

    func remove(_ keys: [String]) async throws(CacheStoreError) {
        _ = try await send((["DEL"] + keys.map { Self.prefix + $0 }).map { Array($0.utf8) })
    }

    private func send(_ words: [[UInt8]]) async throws(CacheStoreError) -> RESPValue {
        do throws(RedisError) {
            return try await client.send(words, within: timeout)
        } catch {
            throw error.isReply ? .refused(error.description) : .unavailable(error.description)
        }
    }
}
