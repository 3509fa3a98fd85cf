import Glibc
import SystemPackage

/// Reads processes from a procfs mount. The mount point is injected, so that tests use fixture trees.
public struct ProcessTable: Sendable {
    public let root: String

    private static let hostBootID = try? SystemFile.readText("/proc/sys/kernel/random/boot_id")

    public init(root: String = "/proc") {
        self.root = root
    }

    /// The running kernel's boot id (random(4)).
    public func bootID() throws(SystemError) -> String {
        // It cannot change while this process lives.
        if root == "/proc", let known = Self.hostBootID { return known }
        return try SystemFile.readText("\(root)/sys/kernel/random/boot_id")
    }

    /// The identity of a running process.
    /// - Throws: ESRCH when there is no such process.
    public func identity(of pid: Int32) throws(SystemError) -> ProcessIdentity {
        ProcessIdentity(pid: pid, startTime: try status(of: pid).startTime, bootID: try bootID())
    }

    /// The identity of this process.
    public func ownIdentity() throws(SystemError) -> ProcessIdentity {
        try identity(of: getpid())
    }

    /// Whether exactly this process still runs. A zombie has ended.
    public func isRunning(_ identity: ProcessIdentity) -> Bool {
        guard let status = try? status(of: identity.pid), let boot = try? bootID() else { return false }
        return status.startTime == identity.startTime && boot == identity.bootID && !status.hasEnded
    }

    /// Whether any process has the pid and has not ended.
    public func exists(_ pid: Int32) -> Bool {
        guard let status = try? status(of: pid) else { return false }
        return !status.hasEnded
    }

    /// The parsed /proc/PID/stat.
    public func status(of pid: Int32) throws(SystemError) -> ProcessStatus {
        let path = "\(root)/\(pid)/stat"
        let bytes: [UInt8]
        do {
            bytes = try SystemFile.read(path)
        } catch {
            guard error.errno == .noSuchFileOrDirectory || error.errno == .noSuchProcess else { throw error }
            throw SystemError("find process", on: "pid \(pid)", .noSuchProcess, advice: "it has ended")
        }
        guard let status = ProcessStatus(bytes) else {
            throw SystemError("parse", on: path, .invalidArgument)
        }
        return status
    }

    /// Time since the process was started, to a hundredth of a second.
    public func age(of pid: Int32) throws(SystemError) -> Duration {
        // Field 22 of /proc/PID/stat: clock ticks since boot (proc_pid_stat(5)).
        let started = Double(try status(of: pid).startTime) / Double(sysconf(Int32(_SC_CLK_TCK)))
        var now = timespec()
        clock_gettime(CLOCK_BOOTTIME, &now)
        return .seconds(Double(now.tv_sec) + Double(now.tv_nsec) / 1e9 - started)
    }

    /// Every pid, ascending.
    public func pids() throws(SystemError) -> [Int32] {
        try SystemFile.entries(of: root).compactMap { Int32($0) }.sorted()
    }

    /// The process's ancestors, nearest first, down to pid 1.
    public func ancestors(of pid: Int32) throws(SystemError) -> [Int32] {
        var chain: [Int32] = []
        var current = try status(of: pid).parent
        while current > 0, !chain.contains(current) {
            chain.append(current)
            current = try status(of: current).parent
        }
        return chain
    }

    /// All processes below the given ones, without these themselves. Processes that end meanwhile are left out.
    public func descendants(of roots: Set<Int32>) throws(SystemError) -> [Int32] {
        var children: [Int32: [Int32]] = [:]
        for pid in try pids() {
            guard let status = try? status(of: pid) else { continue }
            children[status.parent, default: []].append(pid)
        }
        var found: [Int32] = []
        var queue = Array(roots)
        while let next = queue.popLast() {
            for child in children[next] ?? [] where !roots.contains(child) {
                found.append(child)
                queue.append(child)
            }
        }
        return found.sorted()
    }

    /// The ids of a process's threads, its own among them.
    public func threads(of pid: Int32) throws(SystemError) -> [Int32] {
        try SystemFile.entries(of: "\(root)/\(pid)/task").compactMap { Int32($0) }.sorted()
    }

    /// How long its threads, those that run now, were ready to run and had no CPU (the second figure of
    /// /proc/PID/task/TID/schedstat; kernel document scheduler/sched-stats.rst).
    /// - Throws: ENOENT as well where the kernel has no CONFIG_SCHED_INFO.
    public func waitForCPU(of pid: Int32) throws(SystemError) -> Duration {
        var waited = Duration.zero
        for thread in try threads(of: pid) {
            let path = "\(root)/\(pid)/task/\(thread)/schedstat"
            let text = String(decoding: try SystemFile.read(path), as: UTF8.self)
            let fields = text.split(whereSeparator: \.isWhitespace)
            guard fields.count > 1, let nanoseconds = Int64(fields[1]) else {
                throw SystemError("parse", on: path, .invalidArgument)
            }
            waited += .nanoseconds(nanoseconds)
        }
        return waited
    }

    /// The process that a thread belongs to (Tgid of /proc/TID/status).
    public func process(ofThread thread: Int32) throws(SystemError) -> Int32? {
        let text = String(decoding: try SystemFile.read("\(root)/\(thread)/status"), as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix("Tgid:") }
        return line.flatMap { Int32($0.dropFirst(5).drop { $0 == "\t" || $0 == " " }) }
    }

    /// Command line arguments; empty for a kernel thread or zombie.
    public func arguments(of pid: Int32) throws(SystemError) -> [String] {
        let bytes = try SystemFile.read("\(root)/\(pid)/cmdline")
        return bytes.split(separator: 0, omittingEmptySubsequences: false).dropLast()
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// The path of the program it runs; of one that was replaced or removed since, where it was.
    public func executable(of pid: Int32) throws(SystemError) -> String {
        let path = try SystemFile.linkTarget("\(root)/\(pid)/exe")
        let mark = " (deleted)"
        return path.hasSuffix(mark) ? String(path.dropLast(mark.count)) : path
    }

    /// Number of open descriptors.
    public func descriptorCount(of pid: Int32) throws(SystemError) -> Int {
        let folder = "\(root)/\(pid)/fd"
        // Since Linux 6.2 the folder's size is the count; listing it makes an inode for each descriptor.
        if root == "/proc", let size = SystemFile.size(of: folder), size > 0 { return size }
        return try SystemFile.entryCount(of: folder)
    }

    /// The numbers of the open descriptors.
    public func descriptors(of pid: Int32) throws(SystemError) -> [Int32] {
        try SystemFile.entries(of: "\(root)/\(pid)/fd").compactMap { Int32($0) }
    }

    /// The process's cgroup v2 path, for example `/brink.slice/app`; nil when it is in none.
    public func cgroup(of pid: Int32) throws(SystemError) -> String? {
        let text = String(decoding: try SystemFile.read("\(root)/\(pid)/cgroup"), as: UTF8.self)
        for line in text.split(separator: "\n") where line.hasPrefix("0::") {
            return String(line.dropFirst(3))
        }
        return nil
    }

    /// Real user and group id.
    public func owner(of pid: Int32) throws(SystemError) -> (user: UInt32, group: UInt32) {
        try SystemFile.owner(of: "\(root)/\(pid)")
    }

    /// Resident anonymous and file memory in bytes (statm, second field).
    public func residentBytes(of pid: Int32) throws(SystemError) -> UInt64 { try memory(of: pid, field: 1) }

    /// Size of the address space in bytes, which RLIMIT_AS bounds (statm, first field).
    public func virtualBytes(of pid: Int32) throws(SystemError) -> UInt64 { try memory(of: pid, field: 0) }

    /// A field of /proc/PID/statm, which counts in pages (proc_pid_statm(5)).
    private func memory(of pid: Int32, field: Int) throws(SystemError) -> UInt64 {
        let fields = try SystemFile.readText("\(root)/\(pid)/statm").split(separator: " ")
        guard fields.count > field, let pages = UInt64(fields[field]) else {
            throw SystemError("parse", on: "\(root)/\(pid)/statm", .invalidArgument)
        }
        return pages * UInt64(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// Resident anonymous memory in bytes (RssAnon of /proc/PID/status).
    public func anonymousBytes(of pid: Int32) throws(SystemError) -> UInt64 {
        let text = String(decoding: try SystemFile.read("\(root)/\(pid)/status"), as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
        let number = line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first
        return (number.flatMap { UInt64($0) } ?? 0) * 1024
    }

    /// Whether the process has a handler for the signal (SigCgt of /proc/PID/status).
    public func catches(_ signal: Signal, _ pid: Int32) throws(SystemError) -> Bool {
        try statusMask("SigCgt:", of: pid) & (1 << UInt64(signal.rawValue - 1)) != 0
    }

    /// Whether a thread has a real-time policy: SCHED_FIFO, SCHED_RR or SCHED_DEADLINE (sched(7); field 41 of
    /// proc_pid_stat(5)).
    public func isRealTime(_ thread: Int32) throws(SystemError) -> Bool {
        let path = "\(root)/\(thread)/stat"
        let line = try SystemFile.readText(path)
        // The name may hold anything: fields are counted from its end, which is the second's.
        let fields = line[(line.lastIndex(of: ")") ?? line.startIndex)...].split(separator: " ")
        guard fields.count > 39, let policy = Int32(fields[39]) else {
            throw SystemError("parse", on: path, .invalidArgument)
        }
        return [1, 2, 6].contains(policy)
    }

    /// The effective capability set (CapEff of /proc/PID/status).
    public func effectiveCapabilities(of pid: Int32) throws(SystemError) -> UInt64 {
        try statusMask("CapEff:", of: pid)
    }

    /// The CPUs it may run on, as the kernel lists them (Cpus_allowed_list of /proc/PID/status).
    public func allowedCPUs(of pid: Int32) throws(SystemError) -> String {
        let text = String(decoding: try SystemFile.read("\(root)/\(pid)/status"), as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
        return line.map { String($0.dropFirst(18).drop { $0 == "\t" || $0 == " " }) } ?? ""
    }

    /// Supplementary groups (Groups of /proc/PID/status).
    public func groups(of pid: Int32) throws(SystemError) -> [UInt32] {
        let text = String(decoding: try SystemFile.read("\(root)/\(pid)/status"), as: UTF8.self)
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("Groups:") }) else { return [] }
        return line.dropFirst(7).split(whereSeparator: { $0 == " " || $0 == "\t" }).compactMap { UInt32($0) }
    }

    /// How the OOM killer's score is adjusted, -1000…1000.
    public func oomScoreAdjustment(of pid: Int32) throws(SystemError) -> Int32 {
        Int32(try SystemFile.readText("\(root)/\(pid)/oom_score_adj")) ?? 0
    }

    /// A hexadecimal mask of /proc/PID/status.
    private func statusMask(_ name: String, of pid: Int32) throws(SystemError) -> UInt64 {
        let text = String(decoding: try SystemFile.read("\(root)/\(pid)/status"), as: UTF8.self)
        for line in text.split(separator: "\n") where line.hasPrefix(name) {
            let digits = line.dropFirst(name.count).drop { $0 == "\t" || $0 == " " }
            if let value = UInt64(digits, radix: 16) { return value }
        }
        throw SystemError("find \(name)", on: "\(root)/\(pid)/status", .invalidArgument)
    }
}
