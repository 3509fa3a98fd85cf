import Synchronization

/// The accepted tokens that are remembered, at most so many and for so long; and how that memory can be damaged on
/// purpose.
final class TokenMemory: Sendable {
    /// How entries are damaged.
    enum Damage: String, Sendable, CaseIterable {
        /// Remembered tokens seem to be valid for another day.
        case expiry
        /// What is remembered of one token stands under another one.
        case swapped
    }

    private struct State {
        var tokens: LRUCache<String, AcceptedToken>
        /// In force for every entry that is made.
        var damage: Damage?
        /// Entries that were damaged so far.
        var damaged = 0
        var previous: AcceptedToken?
    }

    /// An accepted token is checked again after this long at the latest.
    private static let maximumAge = Duration.seconds(60)

    private let state: Mutex<State>
    private let metrics: Metrics
    /// The weakness `trusts-token-memory`.
    private let isTrusted: Bool

    init(capacity: Int, metrics: Metrics, isTrusted: Bool = false) {
        self.isTrusted = isTrusted
        state = Mutex(State(tokens: LRUCache(capacity: capacity)))
        self.metrics = metrics
    }

    /// What is remembered of a token, unless it was damaged.
    func lookup(_ token: String) -> AcceptedToken? {
        guard case .hit(let entry) = state.withLock({ $0.tokens.lookup(token, now: .now) }) else { return nil }
        guard isTrusted || entry.isIntact(for: token) else {
            metrics.tokenMemoryDamage.increment()
            return nil
        }
        return entry
    }

    func remember(_ token: String, _ entry: AcceptedToken) {
        state.withLock { state in
            let stored = Self.damaged(entry, &state)
            state.previous = entry
            _ = state.tokens.insert(stored, for: token, expiry: .now.advanced(by: Self.maximumAge))
        }
    }

    private static func damaged(_ entry: AcceptedToken, _ state: inout State) -> AcceptedToken {
        guard let damage = state.damage else { return entry }
        var entry = entry
        switch damage {
        case .expiry: entry.expiry += 86_400
        case .swapped:
            guard let previous = state.previous else { return entry }
            entry = previous
        }
        state.damaged += 1
        return entry
    }

    // MARK: Damage on purpose

    struct Reading: Sendable {
        let damage: Damage?
        let entries: Int
        /// Entries that were damaged since the start.
        let damaged: Int
        /// Look-ups that found a damaged entry.
        let found: UInt64
    }

    /// Damages what is remembered from now on; all that is remembered already is forgotten, so that it comes anew.
    /// - Parameter damage: nil ends it, and nothing damaged stays.
    func damage(_ damage: Damage?) {
        state.withLock { state in
            state.tokens = LRUCache(capacity: state.tokens.capacity)
            state.previous = nil
            state.damage = damage
        }
    }

    var reading: Reading {
        state.withLock { state in
            Reading(
                damage: state.damage, entries: state.tokens.count, damaged: state.damaged,
                found: metrics.tokenMemoryDamage.value)
        }
    }
}
