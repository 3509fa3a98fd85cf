import LinuxSystem

/// CPU time and context switches of the threads of some processes, each thread by itself, so that those that begin and
/// end between two readings do no harm.
struct ThreadCosts {
    private struct Cost {
        /// Nanoseconds on a CPU (schedstat, first field).
        var running: UInt64
        /// Both of its own accord and not.
        var switches: UInt64
    }

    private var threads: [Int32: Cost] = [:]

    init(of pids: [Int32], _ table: ProcessTable) {
        for pid in pids {
            // Whoever ends while it is looked at has no costs any more.
            guard let tasks = try? table.threads(of: pid) else { continue }
            for thread in tasks { threads[thread] = Self.cost("\(table.root)/\(pid)/task/\(thread)") }
        }
    }

    /// Seconds of CPU and switches since an earlier reading; nil when the kernel tells neither.
    func growth(since earlier: ThreadCosts) -> (seconds: Double, switches: Double)? {
        guard !threads.isEmpty, !earlier.threads.isEmpty else { return nil }
        var nanoseconds = 0.0
        var switches = 0.0
        for (thread, now) in threads {
            let before = earlier.threads[thread] ?? Cost(running: 0, switches: 0)
            // A number that went back is another thread's.
            guard now.running >= before.running, now.switches >= before.switches else { continue }
            nanoseconds += Double(now.running - before.running)
            switches += Double(now.switches - before.switches)
        }
        return (nanoseconds / 1e9, switches)
    }

    private static func cost(_ folder: String) -> Cost? {
        guard let schedule = try? SystemFile.read("\(folder)/schedstat"),
            let status = try? SystemFile.read("\(folder)/status")
        else { return nil }
        var scanner = ByteScanner(schedule)
        guard let running = scanner.number() else { return nil }
        var switches: UInt64 = 0
        scanner = ByteScanner(status)
        while !scanner.isAtEnd {
            if scanner.skip("voluntary_ctxt_switches:") || scanner.skip("nonvoluntary_ctxt_switches:") {
                scanner.skipBlanks()
                switches += scanner.number() ?? 0
            }
            scanner.skipLine()
        }
        return Cost(running: running, switches: switches)
    }
}
