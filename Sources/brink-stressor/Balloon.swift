import Glibc
import LinuxSystem

/// Takes memory and keeps it: anonymous, dirty, no two pages alike, so that neither the zero page, nor KSM, nor
/// compressing swap makes it smaller than asked; locked where that is allowed, so that swap does not either.
struct Balloon: StressorCommand {
    static let name = "balloon"
    static let usage = "--bytes N [--ramp-ms MS] [--pulse-ms MS]"

    private let bytes: Int
    private let ramp: Duration
    /// A full and an empty half of this length each alternate; zero holds.
    private let pulse: Duration

    private static let step = 1 << 20

    init?(_ options: inout StressorOptions) {
        guard let bytes = options.number("bytes"), bytes > 0 else { return nil }
        self.bytes = bytes
        ramp = options.milliseconds("ramp-ms") ?? .zero
        pulse = options.milliseconds("pulse-ms") ?? .zero
    }

    func run() -> Never {
        // What this program takes for itself is part of the balloon.
        let memory = AnonymousMemory(bytes: max(bytes - AnonymousMemory.ofThisProcess, AnonymousMemory.pageSize))
        while true {
            let start = MonotonicClock.now()
            var filled = 0
            while filled < memory.bytes {
                let end = min(filled + Balloon.step, memory.bytes)
                memory.dirty(filled..<end)
                filled = end
                let due = ramp * (Double(filled) / Double(memory.bytes))
                MonotonicClock.pause(until: start + due)
            }
            memory.lock()
            guard pulse > .zero else { break }
            MonotonicClock.pause(until: MonotonicClock.now() + pulse / 2)
            memory.release()
            MonotonicClock.pause(until: MonotonicClock.now() + pulse / 2)
        }
        while true { pause() }
    }
}
