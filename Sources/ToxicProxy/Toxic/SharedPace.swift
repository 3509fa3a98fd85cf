import Synchronization

/// When the next byte may leave, for all connections that share a limit.
public final class SharedPace: Sendable {
    private let free = Atomic<Int64>(0)

    init() {}

    /// Takes the line for a time, from `now` or when it is free, and says until when.
    func take(_ nanoseconds: Int64, from now: Moment) -> Moment {
        var seen = free.load(ordering: .relaxed)
        while true {
            let end = (Moment(nanoseconds: max(seen, now.nanoseconds)) + nanoseconds).nanoseconds
            let (exchanged, original) = free.weakCompareExchange(expected: seen, desired: end, ordering: .relaxed)
            if exchanged { return Moment(nanoseconds: end) }
            seen = original
        }
    }
}
