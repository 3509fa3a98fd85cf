import CgroupLayouts
import Cgroups
import Journal
import LinuxSystem
import Synchronization

/// Lays out a slice for a run, journaled like any other change.
public final class HostTree: Sendable {
    /// The cgroup below which Brink keeps everything that it makes, unless the run has a lane of its own.
    public static let standardSlice = "brink.slice"

    /// Whether a cgroup at the top is the tree of a run, of whichever lane.
    static func isSlice(_ name: String) -> Bool {
        guard name.hasPrefix("brink"), name.hasSuffix(".slice") else { return false }
        return name.dropFirst(5).dropLast(6).allSatisfy { ("0"..."9").contains($0) }
    }

    static let controllers = ["cpu", "io", "memory", "pids"]

    private let hierarchy: CgroupHierarchy
    private let journal: JournalWriter
    private let layout: LayoutFile
    private let slice: String
    /// Paths of the cgroups that this run made.
    private let made = Mutex<Set<String>>([])

    /// - Parameter slice: the cgroup to lay out, in the place of `brink.slice`.
    public init(hierarchy: CgroupHierarchy, journal: JournalWriter, slice: String) throws(SystemError) {
        self.hierarchy = hierarchy
        self.journal = journal
        self.slice = slice
        self.layout = try HostTree.layout(in: slice)
    }

    static func layout(in slice: String) throws(SystemError) -> LayoutFile {
        try LayoutFile(CgroupLayouts.tree, name: "cgroups/tree.conf").moved(from: standardSlice, to: slice)
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
                if entry.cgroup == slice { try cgroup.enableControllers(HostTree.controllers) }
            }
            if let knob = entry.knob, let value = entry.value {
                try set(knob, of: cgroup, to: value, isOurs: made.withLock { $0.contains(cgroup.path) })
            }
        }
        try delegate(from: try hierarchy.cgroup(slice))
    }

    /// A further cgroup below the slice, for a service that wants one of its own.
    public func make(service name: String) throws -> Cgroup {
        let cgroup = try hierarchy.cgroup("\(slice)/\(name)")
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
