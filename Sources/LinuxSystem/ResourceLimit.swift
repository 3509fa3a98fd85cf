import CLinux
import Glibc

/// A per-process resource limit (getrlimit(2)), set on a live process by prlimit(2).
public enum ResourceLimit: String, Hashable, Sendable, CaseIterable {
    case addressSpace = "RLIMIT_AS"
    case coreSize = "RLIMIT_CORE"
    case dataSize = "RLIMIT_DATA"
    case fileSize = "RLIMIT_FSIZE"
    case lockedMemory = "RLIMIT_MEMLOCK"
    case openFiles = "RLIMIT_NOFILE"
    case processes = "RLIMIT_NPROC"
    case stackSize = "RLIMIT_STACK"

    /// Soft and hard value; `UInt64.max` is RLIM_INFINITY.
    public struct Values: Hashable, Sendable, CustomStringConvertible {
        public var soft: UInt64
        public var hard: UInt64

        public init(soft: UInt64, hard: UInt64) {
            self.soft = soft
            self.hard = hard
        }

        /// Parses "soft hard", with "unlimited" for RLIM_INFINITY.
        public init?(_ text: String) {
            let parts = text.split(separator: " ").map { $0 == "unlimited" ? UInt64.max : UInt64($0) }
            guard parts.count == 2, let soft = parts[0], let hard = parts[1] else { return nil }
            self.init(soft: soft, hard: hard)
        }

        public var description: String {
            [soft, hard].map { $0 == .max ? "unlimited" : String($0) }.joined(separator: " ")
        }
    }

    /// The process's current values.
    public func read(_ pid: Int32) throws(SystemError) -> Values {
        var values = Values(soft: 0, hard: 0)
        try check(
            cl_prlimit_get(pid, number, &values.soft, &values.hard), "prlimit read \(rawValue)", on: "pid \(pid)")
        return values
    }

    /// Sets both values.
    public func write(_ pid: Int32, _ values: Values) throws(SystemError) {
        try check(
            cl_prlimit_set(pid, number, values.soft, values.hard),
            "prlimit set \(rawValue) soft \(values.soft) hard \(values.hard)", on: "pid \(pid)")
    }

    /// Lifts this process's soft value to the hard one, which needs no privilege.
    public func raiseToHard() throws(SystemError) {
        var values = try read(getpid())
        values.soft = values.hard
        try write(getpid(), values)
    }

    // The kernel's numbers (asm-generic/resource.h); Glibc exports them as an enum of unstable Swift type.
    private var number: Int32 {
        switch self {
        case .fileSize: 1
        case .dataSize: 2
        case .stackSize: 3
        case .coreSize: 4
        case .processes: 6
        case .openFiles: 7
        case .lockedMemory: 8
        case .addressSpace: 9
        }
    }
}
