/// The fields of /proc/PID/stat that Brink uses (proc(5)).
public struct ProcessStatus: Hashable, Sendable {
    public let pid: Int32
    /// The name in parentheses, at most 15 bytes.
    public let name: String
    /// R, S, D, T, t, Z, X, I …
    public let state: Character
    public let parent: Int32
    /// PF_* flags of the kernel.
    public let flags: UInt32
    /// User plus system time in clock ticks.
    public let cpuTicks: UInt64
    /// Clock ticks since boot.
    public let startTime: UInt64

    /// A zombie or dead process.
    public var hasEnded: Bool { state == "Z" || state == "X" || state == "x" }

    /// PF_KTHREAD (include/linux/sched.h).
    public var isKernelThread: Bool { flags & 0x0020_0000 != 0 }

    /// Parses one line. The name may itself contain spaces and parentheses, so it ends at the last `)`.
    public init?(_ line: String) {
        guard let open = line.firstIndex(of: "("), let close = line.lastIndex(of: ")"), open < close,
            let pid = Int32(line[..<open].filter { $0 != " " })
        else { return nil }
        let fields = line[line.index(after: close)...].split(whereSeparator: { $0 == " " || $0 == "\n" })
        guard fields.count > 19, let state = fields[0].first, let parent = Int32(fields[1]),
            let flags = UInt32(fields[6]), let user = UInt64(fields[11]), let system = UInt64(fields[12]),
            let start = UInt64(fields[19])
        else { return nil }
        self.pid = pid
        self.name = String(line[line.index(after: open)..<close])
        self.state = state
        self.parent = parent
        self.flags = flags
        self.cpuTicks = user + system
        self.startTime = start
    }
}
