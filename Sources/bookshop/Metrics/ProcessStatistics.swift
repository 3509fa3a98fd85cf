import Glibc
import Synchronization

/// What the kernel says about this process.
///
/// The `/proc` files are opened once and kept: the numbers matter most when the process has no descriptor left.
final class ProcessStatistics: Sendable {
    /// Start of the process in seconds of Unix time, taken when this object was made.
    let startTime: Double

    private struct Handles: @unchecked Sendable {
        // DIR * is used under the mutex only.
        let descriptors: OpaquePointer?
        let memory: Int32
    }

    private let handles: Mutex<Handles>
    private let pageSize = sysconf(Int32(_SC_PAGESIZE))

    init() {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        startTime = Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
        handles = Mutex(
            Handles(descriptors: opendir("/proc/self/fd"), memory: open("/proc/self/statm", O_RDONLY | O_CLOEXEC)))
    }

    deinit {
        handles.withLock { handles in
            if let descriptors = handles.descriptors { closedir(descriptors) }
            if handles.memory >= 0 { close(handles.memory) }
        }
    }

    /// The two that this object keeps are among them; `nil` when `/proc` is not there.
    var openDescriptors: Int? {
        handles.withLock { handles in
            guard let directory = handles.descriptors else { return nil }
            rewinddir(directory)
            var count = 0
            while let entry = readdir(directory) {
                // Every name is a number but "." and "..".
                if entry.pointee.d_name.0 != CChar(UInt8(ascii: ".")) { count += 1 }
            }
            return count
        }
    }

    var residentBytes: Int? {
        let descriptor = handles.withLock { $0.memory }
        guard descriptor >= 0 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 128)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return nil }
        // statm: total pages, resident pages, …
        let fields = buffer[..<count].split(separator: UInt8(ascii: " "))
        guard fields.count > 1, let pages = Int(String(decoding: fields[1], as: UTF8.self)) else { return nil }
        return pages * pageSize
    }

    /// User and system time in seconds.
    var cpuSeconds: Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }
}
