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

    /// Which of the runs of a suite this is, from 1: one with a slice and journals of its own, beside others. Nil for a
    /// run by itself.
    public var lane: Int?

    /// The file in which all runs are noted; nil for one in the state folder.
    public var history: String?

    /// Where templates of PostgreSQL clusters lie; nil for the state folder.
    public var templates: String?

    public init() {}

    /// The cgroup below which a run keeps everything that it makes.
    ///
    /// Without a dash in it: to systemd that would be a slice within another.
    public var slice: String { lane.map { "brink\($0).slice" } ?? HostTree.standardSlice }

    /// Where the run's journal and lock are.
    public var runFolder: StateFolder { lane.map(stateFolder.lane) ?? stateFolder }

    /// Where templates of PostgreSQL clusters lie, for all lanes.
    var templateFolder: String { templates ?? "\(stateFolder.path)/templates" }

    /// The file in which all runs are noted, those of all lanes too.
    public var historyFile: String { history ?? "\(stateFolder.path)/history.sqlite" }

    /// The state folder, or the nearest folder above it that is there already.
    var existingStateFolder: String {
        var path = stateFolder.path
        while !SystemFile.exists(path), path != "/", path != "." { path = SystemFile.parent(of: path) }
        return path
    }
}
