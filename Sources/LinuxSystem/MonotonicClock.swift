import Glibc

/// CLOCK_MONOTONIC in nanoseconds (clock_gettime(2)): the one clock of a run, the same in every process.
public enum MonotonicClock {
    public static func now() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    /// Blocks this thread; for the small executables, which have no event loop.
    public static func pause(milliseconds: Int32) {
        _ = poll(nil, 0, milliseconds)
    }

    /// Blocks this thread until a moment of this clock; at once when it has passed. Absolute, so that a rhythm does not
    /// drift (clock_nanosleep(2)).
    public static func pause(until moment: Duration) {
        let (seconds, attoseconds) = moment.components
        var time = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        while clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil) == EINTR {}
    }
}
