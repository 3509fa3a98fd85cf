import Glibc
import LinuxSystem

/// Takes memory and keeps it: anonymous, dirty, no two pages alike, so that neither the zero page, nor KSM, nor
/// compressing swap makes it smaller than asked.
struct Balloon {
    let bytes: Int
    let ramp: Duration

    private static let pageSize = 4096
    private static let step = 1 << 20

    /// Blows up, says so on standard output, and holds until it is killed or its parent's pipe ends.
    func run() -> Never {
        guard let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            memory != MAP_FAILED
        else {
            StandardError.line("brink-stressor: mmap of \(bytes) bytes failed: \(String(cString: strerror(errno)))")
            exit(71)
        }
        // Huge pages would be charged 2 MiB at a time, which is too coarse for a small balloon.
        _ = madvise(memory, bytes, MADV_NOHUGEPAGE)
        let start = MonotonicClock.now()
        var filled = 0
        var state: UInt64 = 0x9e37_79b9_7f4a_7c15
        while filled < bytes {
            let end = min(filled + Balloon.step, bytes)
            while filled < end {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                memory.storeBytes(of: state, toByteOffset: filled, as: UInt64.self)
                filled += Balloon.pageSize
            }
            waitForRamp(since: start, filled: filled)
        }
        print("full")
        fflush(nil)
        while true { pause() }
    }

    private func waitForRamp(since start: Duration, filled: Int) {
        guard ramp > .zero else { return }
        let due = ramp * (Double(min(filled, bytes)) / Double(bytes))
        let rest = due - (MonotonicClock.now() - start)
        let milliseconds = rest.components.seconds * 1000 + rest.components.attoseconds / 1_000_000_000_000_000
        if milliseconds > 0 { MonotonicClock.pause(milliseconds: Int32(clamping: milliseconds)) }
    }
}
