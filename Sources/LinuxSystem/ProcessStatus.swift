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
    public init?(_ line: [UInt8]) {
        guard let open = line.firstIndex(of: UInt8(ascii: "(")), let close = line.lastIndex(of: UInt8(ascii: ")")),
            open < close
        else { return nil }
        var scanner = ByteScanner(line)
        guard let pid = scanner.number().flatMap({ Int32(exactly: $0) }) else { return nil }
        scanner = ByteScanner(Array(line[(close + 1)...]))
        scanner.skipBlanks()
        guard let state = scanner.word().first else { return nil }
        // Field 4 of proc(5) and on; some before the start time can be negative, and are not used.
        var fields: [UInt64] = []
        fields.reserveCapacity(19)
        while fields.count < 19 {
            scanner.skipBlanks()
            if scanner.isAtEnd { return nil }
            let number = scanner.number()
            let rest = scanner.word()
            if number == nil, rest.isEmpty { return nil }
            fields.append(number ?? 0)
        }
        self.pid = pid
        self.name = String(decoding: line[(open + 1)..<close], as: UTF8.self)
        self.state = Character(UnicodeScalar(state))
        self.parent = Int32(truncatingIfNeeded: fields[0])
        self.flags = UInt32(truncatingIfNeeded: fields[5])
        self.cpuTicks = fields[10] + fields[11]
        self.startTime = fields[18]
    }

    /// Parses one line.
    public init?(_ line: String) {
        self.init(Array(line.utf8))
    }
}
