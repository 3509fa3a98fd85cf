import Glibc
import LinuxSystem

/// CPU time, user and system: what a piece of work cost, whatever else the machine does.
enum CPUClock {
    /// Of this thread.
    static func thread() -> Duration { read(CLOCK_THREAD_CPUTIME_ID) }

    /// Of all threads, for work that is spread over Swift's pool and NIO's loops.
    static func process() -> Duration { read(CLOCK_PROCESS_CPUTIME_ID) }

    private static func read(_ clock: clockid_t) -> Duration {
        var time = timespec()
        clock_gettime(clock, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
