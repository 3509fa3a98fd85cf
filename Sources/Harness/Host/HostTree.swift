import CgroupLayouts
import Cgroups
import Journal
import LinuxSystem
import Synchronization

/// Lays out `brink.slice` for a run, journaled like any other change.
public final class HostTree: Sendable {
    /// The cgroup below which Brink keeps everything it makes.
    public static let slice = "brink.slice"

    static let controllers = ["cpu", "io", "memory", "pids"]

    private let hierarchy: CgroupHierarchy
    private let journal: JournalWriter
    private let layout: LayoutFile
    /// Paths of the cgroups that this run made.
    private let made = Mutex<Set<String>>([])

    public init(hierarchy: CgroupHierarchy, journal: JournalWriter) throws(SystemError) {
        self.hierarchy = hierarchy
        self.journal = journal
        self.layout = try LayoutFile(CgroupLayouts.tree, name: "cgroups/tree.conf")
    }

    /// Creates what is missing of the tree and sets its knobs. What was there before keeps its place and gets its
    /// values back in the end.
    public func create() throws {
        let root = try hierarchy.cgroup("")
        try delegate(from: root)
        for entry in layout.entries {
            let cgroup = try hierarchy.cgroup(entry.cgroup)
            if !cgroup.exists {
                try make(cgroup)
                if entry.cgroup == HostTree.slice { try cgroup.enableControllers(HostTree.controllers) }
            }
            if let knob = entry.knob, let value = entry.value {
                try set(knob, of: cgroup, to: value, isOurs: made.withLock { $0.contains(cgroup.path) })
            }
        }
        try delegate(from: try hierarchy.cgroup(HostTree.slice))
    }

    /// A further cgroup below `brink.slice`, for a service that wants one of its own.
    public func make(service name: String) throws -> Cgroup {
        let cgroup = try hierarchy.cgroup("\(HostTree.slice)/\(name)")
        if !cgroup.exists {
            try make(cgroup)
        } else if !(try cgroup.allProcesses().isEmpty), !made.withLock({ $0.contains(cgroup.path) }) {
            throw HarnessError(
                .preflight, "\(cgroup) was there before and holds processes: give the service another cgroup")
        }
        return cgroup
    }

    private func make(_ cgroup: Cgroup) throws {
        made.withLock { _ = $0.insert(cgroup.path) }
        let sequence = try journal.intend([.removeCgroup(folder: cgroup.folder)], owner: "tree")
        try cgroup.create()
        for number in sequence { try journal.applied(number) }
    }

    private func set(_ knob: String, of cgroup: Cgroup, to value: String, isOurs: Bool) throws {
        if isOurs { return try cgroup.write(knob, value) }
        let prior = try cgroup.read(knob)
        guard prior.trimmedText != value else { return }
        let undo = UndoAction.Knob(
            file: cgroup.file(knob), inode: try cgroup.inode(), prior: prior, injected: [Array("\(value)\n".utf8)])
        let sequence = try journal.intend([.restoreKnob(undo)], owner: "tree")
        try cgroup.write(knob, value)
        for number in sequence { try journal.applied(number) }
    }

    private func delegate(from root: Cgroup) throws {
        let file = root.file("cgroup.subtree_control")
        let prior = try root.readText("cgroup.subtree_control").split(separator: " ").map(String.init)
        guard !Set(HostTree.controllers).isSubset(of: prior) else { return }
        let sequence = try journal.intend([.restoreControllers(file: file, prior: prior)], owner: "tree")
        try root.enableControllers(HostTree.controllers)
        for number in sequence { try journal.applied(number) }
    }
}
