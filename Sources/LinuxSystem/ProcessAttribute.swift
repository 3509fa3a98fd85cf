import CLinux

/// Something the kernel keeps for each process or thread, which children inherit and which can be set from outside and
/// put back.
///
/// Values are text, as they go into a journal: the two of a limit as "soft hard" with "unlimited" for RLIM_INFINITY,
/// the others as a number.
public enum ProcessAttribute: Hashable, Sendable {
    /// A soft and a hard limit (prlimit(2)).
    case limit(ResourceLimit)
    /// How willingly the OOM killer takes the process, -1000…1000 (proc(5)).
    case oomScoreAdjustment
    /// Priority of each thread by itself, -20…19 (setpriority(2): on Linux nice is per thread).
    case nice
    /// The CPUs that each thread may run on, as a list such as 0-3,8 (sched_setaffinity(2)).
    case affinity
    /// Nanoseconds that each thread's sleeps and time limits may end late (proc(5), timerslack_ns).
    case timerSlack

    /// As the kernel's documents spell it.
    public var name: String {
        switch self {
        case .limit(let limit): limit.rawValue
        case .oomScoreAdjustment: "oom_score_adj"
        case .nice: "nice"
        case .affinity: "affinity"
        case .timerSlack: "timerslack_ns"
        }
    }

    public init?(name: String) {
        switch name {
        case "oom_score_adj": self = .oomScoreAdjustment
        case "nice": self = .nice
        case "affinity": self = .affinity
        case "timerslack_ns": self = .timerSlack
        default:
            guard let limit = ResourceLimit(rawValue: name) else { return nil }
            self = .limit(limit)
        }
    }

    /// Whether every thread has a value of its own.
    public var isPerThread: Bool { [.nice, .affinity, .timerSlack].contains(self) }

    /// The current value of a process, or of a thread by its id where it is per thread.
    public func read(_ pid: Int32) throws(SystemError) -> String {
        switch self {
        case .limit(let limit): return try limit.read(pid).description
        case .oomScoreAdjustment: return try SystemFile.readText("/proc/\(pid)/oom_score_adj")
        case .nice:
            var value: Int32 = 0
            try check(cl_get_nice(pid, &value), "getpriority", on: "thread \(pid)")
            return String(value)
        case .affinity:
            return try ProcessTable().allowedCPUs(of: pid)
        // Threads have a folder below /proc that no listing shows (proc(5)).
        case .timerSlack: return try SystemFile.readText("/proc/\(pid)/timerslack_ns")
        }
    }

    /// Sets a value in the form that `read` gives.
    /// - Throws: EINVAL for text of another form, or the kernel's refusal.
    public func write(_ pid: Int32, _ text: String) throws(SystemError) {
        switch self {
        case .limit(let limit):
            guard let values = ResourceLimit.Values(text) else { throw malformed(text, pid) }
            try limit.write(pid, values)
        case .oomScoreAdjustment:
            try SystemFile.writeOnce("/proc/\(pid)/oom_score_adj", Array(text.utf8))
        case .nice:
            guard let value = Int32(text) else { throw malformed(text, pid) }
            try check(cl_set_nice(pid, value), "setpriority to \(value)", on: "thread \(pid)")
        case .affinity:
            guard let list = CPUList(text) else { throw malformed(text, pid) }
            let mask = list.mask
            try check(cl_set_affinity(pid, mask, mask.count), "sched_setaffinity to \(text)", on: "thread \(pid)")
        case .timerSlack:
            try SystemFile.writeOnce("/proc/\(pid)/timerslack_ns", Array(text.utf8))
        }
    }

    private func malformed(_ text: String, _ pid: Int32) -> SystemError {
        SystemError("set \(name) to \"\(text)\"", on: "pid \(pid)", .invalidArgument)
    }
}
