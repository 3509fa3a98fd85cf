import LinuxSystem
import Synchronization

/// Transactions per second of a database, from the total that PostgreSQL keeps of it (`pg_stat_database`).
///
/// A session adds its own to the total once a second at most ("The Cumulative Statistics System"), so the rate is over
/// a time that is longer.
final class TransactionRate: Sendable {
    private struct State {
        /// What was counted last.
        var counted = 0.0
        var readings: [(time: Duration, total: Double)] = []
    }

    private let state = Mutex(State())
    private static let shortest = Duration.seconds(1)
    private static let longest = Duration.seconds(3)

    /// - Parameter ours: how many of Brink's own are among what was counted, or will be soon.
    /// - Returns: transactions per second; nil while it is too early to tell.
    func take(_ counted: Double, ours: Double, at now: Duration = MonotonicClock.now()) -> Double? {
        state.withLock { state in
            // A server that has crashed counts from zero.
            if counted < state.counted { state = State() }
            state.counted = counted
            state.readings.append((now, counted - ours))
            state.readings.removeAll { now - $0.time > TransactionRate.longest }
            guard let first = state.readings.first, let last = state.readings.last,
                last.time - first.time >= TransactionRate.shortest
            else { return nil }
            // Ours are known at once, and counted up to a second later.
            return max(0, (last.total - first.total) / ((last.time - first.time) / .seconds(1)))
        }
    }
}
