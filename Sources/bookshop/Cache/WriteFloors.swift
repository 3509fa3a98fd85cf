import Synchronization

/// Which answers are older than a write that this process acknowledged, wherever they come from.
///
/// Writes are numbered. A load carries the number of the latest write before it began; each write raises the floor of what
/// it changed to its own number. An answer below a floor may lack the write: it was loaded, or is still being loaded, by
/// somebody who read before the commit. Deleting entries alone would miss those, and those that somebody puts back.
///
/// The floors are this process's: other writers to the same tables are noticed when entries expire.
final class WriteFloors: Sendable {
    private struct State {
        var sequence: UInt64 = 0
        var floors: [CacheTag: UInt64] = [:]
        /// Of all that has no floor of its own.
        var base: UInt64 = 0
    }

    private let state = Mutex(State())
    /// Beyond this many the floors become one, and what was loaded before counts as outdated.
    private static let maximumFloors = 100_000

    var sequence: UInt64 { state.withLock { $0.sequence } }

    /// To be called after the commit, or what may have been one, and before the answer.
    func raise(_ tags: Set<CacheTag>) {
        state.withLock { state in
            state.sequence += 1
            if state.floors.count + tags.count > Self.maximumFloors {
                state.floors = [:]
                state.base = state.sequence
            }
            for tag in tags { state.floors[tag] = state.sequence }
        }
    }

    /// Whether all that was acknowledged about these is in an answer whose load began at a number.
    func isCurrent(_ sequence: UInt64, _ tags: Set<CacheTag>) -> Bool {
        state.withLock { state in
            sequence >= state.base && tags.allSatisfy { sequence >= state.floors[$0] ?? 0 }
        }
    }
}
