import Engine
import Journal
import LinuxSystem
import PlainHTTP
import Redis

/// An entry of a cache as it lies there.
public struct CacheEntry: Hashable, Sendable {
    public var bytes: [UInt8]
    /// What is left of its lifetime; nil for one that stays.
    public var remaining: Duration?

    public init(bytes: [UInt8], remaining: Duration?) {
        self.bytes = bytes
        self.remaining = remaining
    }
}

/// How Brink gets at the entries of a cache, whatever they lie in.
public protocol CacheAccess: Sendable {
    /// Where it is, for messages.
    var place: String { get }

    /// Keys that begin so, at most `limit`.
    func keys(_ prefix: String, limit: Int) async throws -> [String]
    /// Those of the entries that are there.
    func entries(_ keys: [String]) async throws -> [String: CacheEntry]
    /// - Returns: how many entries were dropped to make room, where the cache tells at once.
    func put(_ entry: CacheEntry, for key: String) async throws -> Int
    /// - Returns: how many of them were there.
    func delete(_ keys: [String]) async throws -> Int
    /// Has the entries expire, evenly spread over a time.
    /// - Returns: how many of them were there.
    func expire(_ keys: [String], over time: Duration) async throws -> Int
    /// `entries`, and where the cache counts them `evicted`, `hits` and `misses`.
    func figures() async throws -> Observation
    /// The key that is read most, found by watching for a while.
    func hottest(_ prefix: String) async throws -> String?
    /// How many bytes of foreign entries displace all that is there.
    func pressure() async throws -> CachePressure
}

/// How a cache that is full makes room.
public struct CachePressure: Hashable, Sendable {
    /// Foreign entries that fill it.
    public var count: Int
    /// Bytes of each.
    public var bytes: Int
}

extension CacheAccess {
    /// Carries out an undo, which is idempotent. Whoever is about to end breaks connections off before nobody listens any
    /// more: then it is tried again for a moment.
    func takeBack(_ body: () async throws -> UndoOutcome) async -> UndoOutcome {
        let end = MonotonicClock.now() + .seconds(2)
        while true {
            do {
                return try await body()
            } catch {
                if isGone(after: error) { return .targetGone("\(place) has ended") }
                guard isBroken(error), MonotonicClock.now() < end else { return .failed("\(error)") }
                await Blocking.run { MonotonicClock.pause(milliseconds: 50) }
            }
        }
    }

    private func isBroken(_ error: any Error) -> Bool {
        switch error {
        case RedisError.disconnected, HTTPFailure.disconnected: true
        default: false
        }
    }

    /// Whether an error means that nobody is there any more, and with him all that was changed.
    private func isGone(after error: any Error) -> Bool {
        switch error {
        case RedisError.refused: true
        case HTTPFailure.refused: true
        default: false
        }
    }
}
