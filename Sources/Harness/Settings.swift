import Journal
import LinuxSystem

/// Where Brink works on this host. Flags come before `BRINK_*` variables, before files, before these defaults.
public struct Settings: Sendable {
    /// Mount point of cgroup v2.
    public var cgroupRoot = "/sys/fs/cgroup"
    /// Folder of the journals.
    public var stateFolder = StateFolder.standard
    /// Folder under which each run gets its own.
    public var outFolder = "brink-out"
    /// Longest silence of the harness before the guardian acts.
    public var heartbeatTimeout = Duration.seconds(10)
    /// Longest session before the guardian acts; nil for what the scenario takes, with room to spare.
    public var guardianDeadline: Duration?

    public init() {}

    /// Where templates of PostgreSQL clusters lie.
    var templateFolder: String { "\(stateFolder.path)/templates" }

    /// The state folder, or the nearest folder above it that is there already.
    var existingStateFolder: String {
        var path = stateFolder.path
        while !SystemFile.exists(path), path != "/", path != "." { path = SystemFile.parent(of: path) }
        return path
    }
}
