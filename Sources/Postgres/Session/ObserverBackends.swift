import Synchronization

/// Server processes of this process's own observers: sessions whose `application_name` begins with `brink-`.
///
/// Whoever counts a server's clients leaves them out.
public final class ObserverBackends: Sendable {
    public static let shared = ObserverBackends()

    /// When each ended; nil while it is open.
    private let ends = Mutex<[Int32: ContinuousClock.Instant?]>([:])
    /// How long after its end a session's process may still be there; its pid is not given again so soon.
    private static let lingering = Duration.seconds(5)

    func begin(_ pid: Int32) {
        ends.withLock { ends in
            ends = ends.filter { !Self.isGone($0.value) }
            ends.updateValue(nil, forKey: pid)
        }
    }

    func end(_ pid: Int32) {
        ends.withLock { ends in
            guard ends[pid] != nil else { return }
            ends.updateValue(.now, forKey: pid)
        }
    }

    /// Whether a server process is, or was a moment ago, that of an observer.
    public func contains(_ pid: Int32) -> Bool {
        ends.withLock { ends in
            guard let end = ends[pid] else { return false }
            return !Self.isGone(end)
        }
    }

    private static func isGone(_ end: ContinuousClock.Instant?) -> Bool {
        end.map { ContinuousClock.now - $0 > lingering } ?? false
    }
}
