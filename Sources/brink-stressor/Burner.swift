import Glibc
import LinuxSystem

/// Uses an exact share of CPU time: one thread for each whole CPU, one for the rest.
struct Burner: StressorCommand {
    static let name = "burner"
    static let usage = "--share CPUS, such as 0.37 or 2.5"

    private let share: Double

    /// Short, so that the share also holds over a fraction of a second; long enough to sleep in.
    private static let period = Duration.milliseconds(10)

    init?(_ options: inout StressorOptions) {
        guard let share = options.decimal("share"), share > 0, share <= 1024 else { return nil }
        self.share = share
    }

    func run() -> Never {
        var rest = share
        while rest > 1 {
            startThread(share: 1)
            rest -= 1
        }
        Burner.burn(share: rest)
    }

    private func startThread(share: Double) {
        var thread = pthread_t()
        let argument = UnsafeMutablePointer<Double>.allocate(capacity: 1)
        argument.initialize(to: share)
        let failure = pthread_create(
            &thread, nil, { raw in Burner.burn(share: raw?.load(as: Double.self) ?? 1) }, argument)
        if failure != 0 {
            StandardError.line("brink-stressor: pthread_create: \(String(cString: strerror(failure)))")
            exit(71)
        }
    }

    /// Compares the thread's own CPU clock with the time that has passed, so that neither preemption nor a late wake-up
    /// adds up. A debt is kept for a second at most: after a freeze the share is not made up for.
    private static func burn(share: Double) -> Never {
        var start = MonotonicClock.now()
        var used = cpuTime()
        var next = start
        while true {
            next = next + period
            let now = MonotonicClock.now()
            if now - next > .seconds(1) {
                start = now
                used = cpuTime()
                next = now + period
            }
            while cpuTime() - used < (next - start) * share, share < 1 || MonotonicClock.now() < next { spin() }
            if share < 1 { MonotonicClock.pause(until: next) }
        }
    }

    private static func spin() {
        var value: UInt64 = 1
        for _ in 0..<200 { value = value &* 6_364_136_223_846_793_005 &+ 1 }
        sink = value
    }

    nonisolated(unsafe) private static var sink: UInt64 = 0

    private static func cpuTime() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
