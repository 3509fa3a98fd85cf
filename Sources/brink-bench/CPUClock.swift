import Glibc
import LinuxSystem

/// CPU time, user and system, of this thread: what a piece of work cost, whatever else the machine does.
enum CPUClock {
    static func thread() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
