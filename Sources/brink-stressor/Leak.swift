import Glibc
import LinuxSystem

/// Takes memory at a constant rate and never gives it back, as a leak does.
struct Leak: StressorCommand {
    static let name = "leak"
    static let usage = "--rate BYTES-PER-SECOND --limit BYTES"

    private let rate: Int
    private let limit: Int

    private static let tick = Duration.milliseconds(10)

    init?(_ options: inout StressorOptions) {
        guard let rate = options.number("rate"), rate > 0, let limit = options.number("limit"), limit > 0
        else { return nil }
        self.rate = rate
        self.limit = limit
    }

    func run() -> Never {
        let memory = AnonymousMemory(bytes: limit)
        // From the process's start, as whoever asked for it counts: a busy machine takes a while to begin.
        let age = try? ProcessTable().age(of: getpid())
        let start = MonotonicClock.now() - (age ?? .zero)
        var leaked = 0
        var next = start
        while leaked < limit {
            // By the clock, not by the tick: what a throttled moment missed is made up for.
            let due = min(limit, Int(Double(rate) * ((MonotonicClock.now() - start) / .seconds(1))))
            memory.dirty(leaked..<due / AnonymousMemory.pageSize * AnonymousMemory.pageSize)
            leaked = max(leaked, due / AnonymousMemory.pageSize * AnonymousMemory.pageSize)
            if due == limit { break }
            next = next + Leak.tick
            MonotonicClock.pause(until: next)
        }
        while true { pause() }
    }
}
