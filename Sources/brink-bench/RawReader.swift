import Glibc

/// The trivial peer of the sampler: opens, reads and closes the same files and looks at nothing.
struct RawReader: ~Copyable {
    let paths: [String]
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)

    init(paths: [String]) {
        self.paths = paths
    }

    deinit {
        buffer.deallocate()
    }

    /// Files that the sampler reads of one cgroup.
    static let knobs = [
        "cpu.pressure", "memory.pressure", "io.pressure", "memory.current", "memory.peak", "memory.stat",
        "memory.events", "cpu.stat", "pids.current", "io.stat", "cgroup.procs",
    ]
    /// Files that the sampler reads of the host.
    static let host = [
        "/proc/meminfo", "/proc/loadavg", "/proc/pressure/cpu", "/proc/pressure/memory", "/proc/pressure/io",
    ]

    /// Reads all of them once. What is not there is passed over, as probes do.
    borrowing func read() {
        for path in paths {
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { continue }
            while Glibc.read(descriptor, buffer.baseAddress, buffer.count) > 0 {}
            close(descriptor)
        }
    }
}
