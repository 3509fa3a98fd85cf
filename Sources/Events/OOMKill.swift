/// The kernel killed a process for want of memory while the run watched: who it was, whether it was meant to suffer,
/// and what led to it.
public struct OOMKill: Codable, Hashable, Sendable {
    /// What the victim was to the run.
    public enum Role: String, Codable, Hashable, Sendable, CaseIterable {
        /// It belongs to a target whose memory a fault of the run presses.
        case intended
        /// It belongs to nothing whose memory was to be pressed.
        case bystander
        /// Brink's own: a stressor inside a target.
        case stressor
        /// The kernel's log did not say who it was.
        case unknown
    }

    /// The process that was killed, as the kernel's log has it.
    public struct Victim: Codable, Hashable, Sendable {
        public var pid: Int32
        public var name: String
        /// Absent when the kernel left out the line that says so; it prints ten of them in 5 s at most.
        public var cgroup: String?
        public var anonymousBytes: UInt64?
        public var fileBytes: UInt64?
        public var oomScoreAdjustment: Int?

        public init(
            pid: Int32, name: String, cgroup: String? = nil, anonymousBytes: UInt64? = nil, fileBytes: UInt64? = nil,
            oomScoreAdjustment: Int? = nil
        ) {
            self.pid = pid
            self.name = name
            self.cgroup = cgroup
            self.anonymousBytes = anonymousBytes
            self.fileBytes = fileBytes
            self.oomScoreAdjustment = oomScoreAdjustment
        }
    }

    /// What was read of the cgroup in the last seconds before the kill.
    public struct Lead: Codable, Hashable, Sendable {
        /// Id of the target whose cgroup was read.
        public var target: String
        /// Seconds before the kill, as negative numbers, oldest first.
        public var times: [Double]
        /// By metric, one value for each time, in base units; `nil` where it could not be read.
        public var series: [String: [Double?]]

        public init(target: String, times: [Double], series: [String: [Double?]]) {
            self.target = target
            self.times = times
            self.series = series
        }
    }

    /// Id of the target or neighbour in which it happened; absent when it happened elsewhere.
    public var target: String?
    public var role: Role
    public var victim: Victim?
    /// The cgroup whose limit was reached; absent when the machine as a whole had run out.
    public var limitedBy: String?
    /// How the counters of the target's memory.events have grown since the run began to watch.
    public var events: [String: UInt64]
    /// Absent where no fault of the run presses memory, and where an earlier kill within 10 s has told it already.
    public var lead: Lead?

    public init(
        target: String?, role: Role, victim: Victim?, limitedBy: String?, events: [String: UInt64], lead: Lead?
    ) {
        self.target = target
        self.role = role
        self.victim = victim
        self.limitedBy = limitedBy
        self.events = events
        self.lead = lead
    }

    /// Who was killed and what it was to the run, in one line.
    public var line: String {
        let who = victim.map { "\($0.name) (pid \($0.pid))" } ?? "a process that the kernel's log does not name"
        let place = target.map { " in \($0)" } ?? victim?.cgroup.map { " in the cgroup \($0)" } ?? ""
        let meaning =
            switch role {
            case .intended: "the intended victim"
            case .bystander: "a BYSTANDER: no fault presses its memory"
            case .stressor: "Brink's own stressor"
            case .unknown: "whether it was meant to be is unknown"
            }
        return "OOM kill of \(who)\(place): \(meaning)"
    }
}
