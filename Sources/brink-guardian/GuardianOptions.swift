import LinuxSystem

/// What the harness tells its guardian on the command line. Nothing here is secret.
struct GuardianOptions {
    var journal = ""
    var harness: ProcessIdentity?
    /// Longest silence of the harness before it counts as hung.
    var heartbeatMilliseconds: Int32 = 5000
    /// Longest run.
    var deadlineMilliseconds: Int64 = 3_600_000
    /// The cgroup folder to go back to before the tree is removed.
    var home: String?

    init?(_ arguments: some Sequence<String>) {
        var values: [String: String] = [:]
        var iterator = arguments.makeIterator()
        while let name = iterator.next() {
            guard name.hasPrefix("--"), let value = iterator.next() else { return nil }
            values[name] = value
        }
        guard let journal = values["--journal"], let pid = values["--pid"].flatMap({ Int32($0) }),
            let start = values["--start-time"].flatMap({ UInt64($0) }), let boot = values["--boot-id"],
            let heartbeat = values["--heartbeat-ms"].flatMap({ Int32($0) }), heartbeat > 0,
            let deadline = values["--deadline-ms"].flatMap({ Int64($0) }), deadline > 0
        else { return nil }
        self.journal = journal
        self.harness = ProcessIdentity(pid: pid, startTime: start, bootID: boot)
        self.heartbeatMilliseconds = heartbeat
        self.deadlineMilliseconds = deadline
        self.home = values["--home"]
    }
}
