import Synchronization

/// Which entries this process wrote for which part of the data, so that a write can delete them.
///
/// Only a bounded number is kept; an entry that is not listed stays until it expires, and `WriteFloors` keeps it from
/// being given out.
final class TaggedKeys: Sendable {
    private let keys = Mutex<[CacheTag: Set<String>]>([:])
    private static let maximumTags = 10_000
    private static let maximumKeys = 1000

    func add(_ key: String, _ tags: Set<CacheTag>) {
        keys.withLock { keys in
            for tag in tags where keys[tag] != nil || keys.count < Self.maximumTags {
                if keys[tag]?.count ?? 0 < Self.maximumKeys { keys[tag, default: []].insert(key) }
            }
        }
    }

    /// Gives the keys out and forgets them.
    func take(_ tags: Set<CacheTag>) -> [String] {
        keys.withLock { keys in
            Array(tags.reduce(into: Set<String>()) { $0.formUnion(keys.removeValue(forKey: $1) ?? []) })
        }
    }
}
