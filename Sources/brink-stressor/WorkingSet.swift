import Glibc
import LinuxSystem

/// Uses so many bytes over and over, and no others: a program whose working set is known.
///
/// From a file, because without swap only file pages can be reclaimed; then memory.high just above the working set
/// leaves it alone, and just below makes it read from the disk in every pass. Without a file the memory is anonymous
/// and a limit below it can only stall or kill. `--cold` is read once and never again: what a limit may take for free.
struct WorkingSet: StressorCommand {
    static let name = "working-set"
    static let usage = "--bytes N [--path FILE] [--cold BYTES] [--pass-ms MS]"

    private let bytes: Int
    private let cold: Int
    private let path: String?
    private let pass: Duration

    private static let step = 1 << 20
    /// A pass is spread over its time, as the use of a service is, rather than done at its beginning.
    private static let slices = 20

    init?(_ options: inout StressorOptions) {
        guard let bytes = options.number("bytes"), bytes > 0 else { return nil }
        self.bytes = bytes
        cold = options.number("cold") ?? 0
        path = options.text("path")
        pass = options.milliseconds("pass-ms") ?? .seconds(1)
        guard cold >= 0, pass > .zero else { return nil }
    }

    /// Prints each pass: its number and how long its touching took, in milliseconds.
    func run() -> Never {
        do throws(SystemError) {
            let memory = try path.map { path throws(SystemError) in try map(path) } ?? anonymous()
            var sum = touch(memory, 0..<(bytes + cold))
            var number = 0
            var next = MonotonicClock.now()
            while true {
                var busy = Duration.zero
                for slice in 0..<WorkingSet.slices {
                    let begin = MonotonicClock.now()
                    let range = bytes * slice / WorkingSet.slices..<bytes * (slice + 1) / WorkingSet.slices
                    sum &+= touch(memory, range)
                    busy += MonotonicClock.now() - begin
                    next += pass / WorkingSet.slices
                    MonotonicClock.pause(until: next)
                }
                // A pass that was late is not made up for: the next ones would be crowded.
                next = max(next, MonotonicClock.now())
                number += 1
                print("pass \(number) \(busy / .milliseconds(1)) ms, \(sum & 1)")
                fflush(nil)
            }
        } catch {
            StandardError.line("brink-stressor: \(error)")
            exit(74)
        }
    }

    /// Reads one byte of every page of a range.
    private func touch(_ memory: UnsafeRawPointer, _ range: Range<Int>) -> UInt8 {
        var sum: UInt8 = 0
        var offset = range.lowerBound / AnonymousMemory.pageSize * AnonymousMemory.pageSize
        while offset < range.upperBound {
            sum &+= memory.load(fromByteOffset: offset, as: UInt8.self)
            offset += AnonymousMemory.pageSize
        }
        return sum
    }

    private func anonymous() -> UnsafeRawPointer {
        let memory = AnonymousMemory(bytes: bytes + cold)
        memory.dirty(0..<(bytes + cold))
        return memory.start
    }

    /// The file, filled where it is shorter, with nothing of it in the page cache yet.
    private func map(_ path: String) throws(SystemError) -> UnsafeRawPointer {
        let file = try OwnedDescriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
        if (SystemFile.size(of: path) ?? 0) < bytes + cold { try fill(file) }
        // What was written is charged to whoever wrote it, as one with the rest: start with a clean slate.
        _ = posix_fadvise(file.number, 0, 0, POSIX_FADV_DONTNEED)
        guard let base = mmap(nil, bytes + cold, PROT_READ, MAP_SHARED, file.number, 0), base != MAP_FAILED else {
            throw SystemError("mmap \(bytes + cold) bytes", on: path, .init(rawValue: errno))
        }
        // Reading ahead would bring in neighbours that are not asked for yet, and blur the edge.
        _ = madvise(base, bytes + cold, MADV_RANDOM)
        return UnsafeRawPointer(base)
    }

    private func fill(_ file: borrowing OwnedDescriptor) throws(SystemError) {
        var block = [UInt8](repeating: 0, count: WorkingSet.step)
        var written = 0
        while written < bytes + cold {
            block[0] = UInt8(truncatingIfNeeded: written >> 20)
            try file.write(Array(block[0..<min(block.count, bytes + cold - written)]))
            written += block.count
        }
        try file.synchronize()
    }
}
