import Glibc
import LinuxSystem

/// Private memory that is filled with noise.
struct AnonymousMemory {
    static let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))

    let bytes: Int
    private let base: UnsafeMutableRawPointer

    /// Reserves; nothing is charged before it is dirtied. Ends the process when even that fails.
    init(bytes: Int) {
        guard let base = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            base != MAP_FAILED
        else {
            StandardError.line("brink-stressor: mmap of \(bytes) bytes failed: \(String(cString: strerror(errno)))")
            exit(71)
        }
        // Huge pages would be charged 2 MiB at a time, which is too coarse for a small balloon.
        _ = madvise(base, bytes, MADV_NOHUGEPAGE)
        self.bytes = bytes
        self.base = base
    }

    /// Its first byte.
    var start: UnsafeRawPointer { UnsafeRawPointer(base) }

    /// Writes to every page of a range.
    func dirty(_ range: Range<Int>) {
        var offset = range.lowerBound
        while offset < range.upperBound {
            // A different number in each page.
            let noise = UInt64(offset) &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            base.storeBytes(of: noise, toByteOffset: offset, as: UInt64.self)
            offset += AnonymousMemory.pageSize
        }
    }

    /// Keeps it from being swapped out (mlock(2)); goes without where the limit on locked memory forbids it.
    func lock() { _ = mlock(base, bytes) }

    /// Gives all pages back.
    func release() {
        _ = munlock(base, bytes)
        _ = madvise(base, bytes, MADV_DONTNEED)
    }

    /// RssAnon of this process in bytes (proc(5)).
    static var ofThisProcess: Int {
        // Unreadable only without /proc, and then the balloon is some 300 kB too large.
        guard let text = try? SystemFile.readText("/proc/self/status") else { return 0 }
        for line in text.split(separator: "\n") where line.hasPrefix("RssAnon:") {
            return line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) }
                .map { $0 * 1024 } ?? 0
        }
        return 0
    }
}
