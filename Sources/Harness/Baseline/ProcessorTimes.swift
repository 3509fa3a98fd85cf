import LinuxSystem

/// How the CPUs of the machine spent their time so far, in clock ticks (/proc/stat, first line).
struct ProcessorTimes {
    private let all: UInt64
    /// Taken by the hypervisor.
    private let stolen: UInt64

    /// Nil where the kernel does not tell.
    static func read() -> ProcessorTimes? {
        guard let bytes = try? SystemFile.read("/proc/stat") else { return nil }
        var scanner = ByteScanner(bytes)
        guard scanner.skip("cpu ") else { return nil }
        var fields: [UInt64] = []
        // User, nice, system, idle, iowait, irq, softirq, steal; guest time is in user time already.
        while fields.count < 8 {
            scanner.skipBlanks()
            guard let ticks = scanner.number() else { return nil }
            fields.append(ticks)
        }
        return ProcessorTimes(all: fields.reduce(0, +), stolen: fields[7])
    }

    /// The stolen share of the time since an earlier reading, in words.
    func stolenText(since earlier: ProcessorTimes) -> String? {
        guard all > earlier.all, stolen >= earlier.stolen else { return nil }
        let tenths = (Double(stolen - earlier.stolen) / Double(all - earlier.all) * 1000).rounded()
        return "\(tenths / 10) %"
    }
}
