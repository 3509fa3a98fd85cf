import LinuxSystem

/// How to take one change back: plain data, so that harness, guardian and `brink recover` undo alike.
///
/// Each action is idempotent and acts only while the host still shows what Brink injected.
public enum UndoAction: Hashable, Sendable {
    /// Writes a cgroup knob's prior bytes, if the cgroup is the same one and the knob shows the injected bytes.
    case restoreKnob(Knob)
    /// Writes the prior bytes of a setting below /proc/sys/net in the network namespace it belongs to, if that shows the
    /// injected bytes.
    case restoreNetworkKnob(NetworkKnob)
    /// Gives a unit of systemd back its properties, if it has the injected ones, and its drop-ins.
    case restoreUnitKnob(UnitKnob)
    /// Enables and disables controllers of a cgroup.subtree_control until it shows the prior set.
    case restoreControllers(file: String, prior: [String])
    /// Sets an attribute of the listed processes, and of all that inherited the injected value from them.
    case restoreAttribute(Attribute)
    /// Sends SIGCONT to a process that was stopped.
    case resume(ProcessIdentity)
    /// Ends a process that Brink started.
    case end(ProcessIdentity)
    /// Starts a server that Brink took down, unless it runs.
    case startServer(ServerStart)
    /// Puts a server's configuration file back, if it holds the injected bytes, and has the server read it.
    case restoreServerFile(ServerFile)
    /// Starts a container that Brink took down, unless it runs.
    case startContainer(ContainerStart)
    /// Kills all in a cgroup that Brink made and removes it.
    case removeCgroup(folder: String)
    /// Removes a file or folder that Brink made.
    case removeTree(path: String)
    /// Puts a mapped device's prior table in force, if it has the injected one.
    case restoreDeviceTable(DeviceSwap)
    /// Unmounts a volume that Brink made, and removes its device, its loop device and its file.
    case removeVolume(MappedVolume)
    /// Takes away queues that Brink leads packets through, and nothing else of the device.
    case removePacketQueue(PacketQueue)
    /// Removes a table of nftables that Brink made.
    case removeFilterTable(FilterTable)
    /// Removes a network namespace that Brink made, with the interfaces that lead to it.
    case removeInterfacePair(InterfacePair)

    /// One knob with its values as the kernel shows them, newline included.
    public struct Knob: Hashable, Sendable {
        /// The knob's file.
        public var file: String
        /// The first word of the one line that is meant, where a file has a line for each device (cgroup-v2.rst,
        /// "Nested keyed"); nil for the whole file.
        public var key: String?
        /// Inode of the cgroup's folder.
        public var inode: UInt64
        /// Empty for a key that had no line.
        public var prior: [UInt8]
        /// What Brink may have left there: mostly one value, two while it moves a knob from one to the next.
        public var injected: [[UInt8]]
        /// What is written to get the prior value back; nil for the prior value itself.
        public var restoring: [UInt8]?

        public init(
            file: String, key: String? = nil, inode: UInt64, prior: [UInt8], injected: [[UInt8]],
            restoring: [UInt8]? = nil
        ) {
            self.file = file
            self.key = key
            self.inode = inode
            self.prior = prior
            self.injected = injected
            self.restoring = restoring
        }

        /// What the kernel shows now.
        public func current() throws(SystemError) -> [UInt8] {
            let bytes = try SystemFile.read(file)
            guard let key else { return bytes }
            let newline = UInt8(ascii: "\n")
            let line = bytes.split(separator: newline).first { $0.starts(with: "\(key) ".utf8) }
            return line.map { Array($0) + [newline] } ?? []
        }
    }

    /// One attribute of a set of processes or threads.
    public struct Attribute: Hashable, Sendable {
        public struct Entry: Hashable, Sendable {
            /// The process, or the thread where the attribute is per thread.
            public var process: ProcessIdentity
            public var prior: String
            public var injected: String

            public init(process: ProcessIdentity, prior: String, injected: String) {
                self.process = process
                self.prior = prior
                self.injected = injected
            }
        }

        public var attribute: ProcessAttribute
        public var entries: [Entry]
        /// A cgroup whose processes count as descendants too, even when their parent is gone; nil for none.
        public var cgroupFolder: String?

        public init(attribute: ProcessAttribute, entries: [Entry], cgroupFolder: String?) {
            self.attribute = attribute
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
        /// The unit of systemd whose main process it is: then systemd starts it, and all of the above only tells it
        /// from others. Nil for a server that nothing looks after.
        public var unit: String?

        public init(
            executable: String, arguments: [String], environment: [String], directory: String, pidFile: String,
            user: UInt32, group: UInt32, groups: [UInt32] = [], oomScoreAdjustment: Int32 = 0, cgroupFolder: String?,
            output: String?, unit: String? = nil
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
            self.unit = unit
        }
    }

    /// One line for people: what will be put back.
    public var summary: String {
        switch self {
        case .restoreKnob(let knob): "\(knob.file) ← \((knob.restoring ?? knob.prior).trimmedText)"
        case .restoreNetworkKnob(let knob): "\(knob.name) ← \(knob.prior.trimmedText)"
        case .restoreUnitKnob(let change): change.summary
        case .restoreControllers(let file, let prior): "\(file) ← \(prior.joined(separator: " "))"
        case .restoreAttribute(let set):
            "\(set.attribute.name) of \(set.entries.count) \(set.attribute.isPerThread ? "threads" : "processes") "
                + "and their descendants ← prior values"
        case .resume(let process): "SIGCONT to \(process)"
        case .end(let process): "end \(process), which Brink started"
        case .startServer(let start):
            "start \(start.unit ?? start.executable) in \(start.directory) unless it runs"
        case .restoreServerFile(let file):
            "\(file.path) ← its prior bytes, then \(file.needsRestart ? "restart the server" : "SIGHUP")"
        case .startContainer(let container): "\(container.tool) start \(container.id) unless it runs"
        case .removeCgroup(let folder): "kill what is in \(folder) and remove it"
        case .removeTree(let path): "remove \(path)"
        case .restoreDeviceTable(let swap): "\(swap.name) ← \(swap.prior)"
        case .removeVolume(let volume): "unmount \(volume.mountPoint), remove \(volume.deviceName) and \(volume.file)"
        case .removePacketQueue(let queue):
            "remove \(queue.lane.queue) and what leads to it from \(queue.name)"
        case .removeFilterTable(let table): "delete table inet \(table.name) in \(table.namespace)"
        case .removeInterfacePair(let pair): "delete \(pair.device), unmount \(pair.mount)"
        }
    }
}
