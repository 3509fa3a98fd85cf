import LinuxSystem

/// How to take one change back: plain data, so that harness, guardian and `brink recover` undo alike.
///
/// Each action is idempotent and acts only while the host still shows what Brink injected.
public enum UndoAction: Hashable, Sendable {
    /// Writes a cgroup knob's prior bytes, if the cgroup is the same one and the knob shows the injected bytes.
    case restoreKnob(Knob)
    /// Enables and disables controllers of a cgroup.subtree_control until it shows the prior set.
    case restoreControllers(file: String, prior: [String])
    /// Sets rlimits of the listed processes, and of all that inherited the injected value from them.
    case restoreLimits(Limits)
    /// Sends SIGCONT to a process that was stopped.
    case resume(ProcessIdentity)
    /// Ends a process that Brink started.
    case end(ProcessIdentity)
    /// Starts a server that Brink took down, unless it runs.
    case startServer(ServerStart)
    /// Kills all in a cgroup that Brink made and removes it.
    case removeCgroup(folder: String)
    /// Removes a file or folder that Brink made.
    case removeTree(path: String)

    /// One knob with its values as the kernel shows them, newline included.
    public struct Knob: Hashable, Sendable {
        /// The knob's file.
        public var file: String
        /// Inode of the cgroup's folder.
        public var inode: UInt64
        public var prior: [UInt8]
        public var injected: [UInt8]

        public init(file: String, inode: UInt64, prior: [UInt8], injected: [UInt8]) {
            self.file = file
            self.inode = inode
            self.prior = prior
            self.injected = injected
        }
    }

    /// One resource limit of a set of processes.
    public struct Limits: Hashable, Sendable {
        public struct Entry: Hashable, Sendable {
            public var process: ProcessIdentity
            public var prior: ResourceLimit.Values

            public init(process: ProcessIdentity, prior: ResourceLimit.Values) {
                self.process = process
                self.prior = prior
            }
        }

        public var resource: ResourceLimit
        /// The soft value that was set.
        public var injectedSoft: UInt64
        public var entries: [Entry]
        /// A cgroup whose processes count as descendants too, even when their parent is gone; nil for none.
        public var cgroupFolder: String?

        public init(resource: ResourceLimit, injectedSoft: UInt64, entries: [Entry], cgroupFolder: String?) {
            self.resource = resource
            self.injectedSoft = injectedSoft
            self.entries = entries
            self.cgroupFolder = cgroupFolder
        }
    }

    /// A server as it was running: enough to start it again just so.
    public struct ServerStart: Hashable, Sendable {
        public var executable: String
        public var arguments: [String]
        /// `NAME=value`.
        public var environment: [String]
        /// Its working folder, which its children share.
        public var directory: String
        /// The file whose first line is the server's pid.
        public var pidFile: String
        public var user: UInt32
        public var group: UInt32
        /// Supplementary groups: Debian's clusters read their TLS key as one of `ssl-cert`.
        public var groups: [UInt32]
        /// -1000…1000; what starts it may have another.
        public var oomScoreAdjustment: Int32
        /// The cgroup folder it ran in; nil leaves it to the starter's.
        public var cgroupFolder: String?
        /// The file its output went to; nil for /dev/null.
        public var output: String?

        public init(
            executable: String, arguments: [String], environment: [String], directory: String, pidFile: String,
            user: UInt32, group: UInt32, groups: [UInt32] = [], oomScoreAdjustment: Int32 = 0, cgroupFolder: String?,
            output: String?
        ) {
            self.executable = executable
            self.arguments = arguments
            self.environment = environment
            self.directory = directory
            self.pidFile = pidFile
            self.user = user
            self.group = group
            self.groups = groups
            self.oomScoreAdjustment = oomScoreAdjustment
            self.cgroupFolder = cgroupFolder
            self.output = output
        }
    }

    /// One line for people: what will be put back.
    public var summary: String {
        switch self {
        case .restoreKnob(let knob): "\(knob.file) ← \(knob.prior.trimmedText)"
        case .restoreControllers(let file, let prior): "\(file) ← \(prior.joined(separator: " "))"
        case .restoreLimits(let limits):
            "\(limits.resource.rawValue) of \(limits.entries.count) processes and their descendants ← prior values"
        case .resume(let process): "SIGCONT to \(process)"
        case .end(let process): "end \(process), which Brink started"
        case .startServer(let start): "start \(start.executable) in \(start.directory) unless it runs"
        case .removeCgroup(let folder): "kill what is in \(folder) and remove it"
        case .removeTree(let path): "remove \(path)"
        }
    }
}
