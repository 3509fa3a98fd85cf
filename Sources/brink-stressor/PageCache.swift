import Glibc
import LinuxSystem

/// Fills the page cache with a file of its own and keeps its pages in use, charged to the cgroup it runs in.
struct PageCache: StressorCommand {
    static let name = "page-cache"
    static let usage = "--bytes N --path FILE [--ramp-ms MS]"

    private let bytes: Int
    private let path: String
    private let ramp: Duration

    private static let step = 1 << 20

    init?(_ options: inout StressorOptions) {
        guard let bytes = options.number("bytes"), bytes > 0, let path = options.text("path") else { return nil }
        self.bytes = bytes
        self.path = path
        ramp = options.milliseconds("ramp-ms") ?? .zero
    }

    func run() -> Never {
        do throws(SystemError) {
            let file = try OwnedDescriptor.open(path, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
            var block = [UInt8](repeating: 0, count: PageCache.step)
            let start = MonotonicClock.now()
            var written = 0
            while written < bytes {
                let count = min(block.count, bytes - written)
                block[0] = UInt8(truncatingIfNeeded: written >> 20)
                try file.write(Array(block[0..<count]))
                written += count
                MonotonicClock.pause(until: start + ramp * (Double(written) / Double(bytes)))
            }
            keepWarm(file.number)
        } catch {
            StandardError.line("brink-stressor: \(error)")
            exit(74)
        }
    }

    /// Reads all of it again and again: pages that are referenced are reclaimed last.
    private func keepWarm(_ number: Int32) -> Never {
        var block = [UInt8](repeating: 0, count: PageCache.step)
        while true {
            var offset = 0
            while offset < bytes, pread(number, &block, block.count, off_t(offset)) > 0 { offset += block.count }
            MonotonicClock.pause(milliseconds: 500)
        }
    }
}
