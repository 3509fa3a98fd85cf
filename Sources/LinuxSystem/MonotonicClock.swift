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
}
