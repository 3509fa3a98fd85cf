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

    /// What one thread is to use.
    private struct Part {
        let share: Double
        /// From when on.
        let start: Duration
    }

    func run() -> Never {
        // From the process's start, as whoever asked for it counts: a busy machine takes a while to begin.
        let age = try? ProcessTable().age(of: getpid())
        let start = MonotonicClock.now() - (age ?? .zero)
        var rest = share
        while rest > 1 {
            startThread(Part(share: 1, start: start))
            rest -= 1
        }
        Burner.burn(Part(share: rest, start: start))
    }

    private func startThread(_ part: Part) {
        var thread = pthread_t()
        let argument = UnsafeMutablePointer<Part>.allocate(capacity: 1)
        argument.initialize(to: part)
        let failure = pthread_create(
            &thread, nil,
            { raw in Burner.burn(raw?.load(as: Part.self) ?? Part(share: 1, start: MonotonicClock.now())) }, argument)
        if failure != 0 {
            StandardError.line("brink-stressor: pthread_create: \(String(cString: strerror(failure)))")
            exit(71)
        }
    }

    /// Compares the thread's own CPU clock with the time that has passed, so that neither preemption nor a late wake-up
    /// adds up. A debt is kept for a second at most: after a freeze the share is not made up for.
    private static func burn(_ part: Part) -> Never {
        let share = part.share
        var start = part.start
        // Of a thread that begins late there is none yet, and what the first one has used so far counts.
        var used = Duration.zero
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
