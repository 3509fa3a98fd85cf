import Cgroups
import Glibc
import LinuxSystem

/// A folder that looks like a cgroup v2 hierarchy, removed with the value.
final class FixtureTree: Sendable {
    let root: String
    let hierarchy: CgroupHierarchy

    init() throws {
        root = "/tmp/brink-fixture-\(getpid())-\(UInt32.random(in: .min ... .max))"
        hierarchy = CgroupHierarchy(unchecked: root)
        try SystemFile.makeFolders(root)
    }

    deinit {
        try? SystemFile.removeTree(root)
    }

    /// Makes a cgroup with knobs.
    func add(_ path: String, _ knobs: [String: String] = [:]) throws -> Cgroup {
        let cgroup = try hierarchy.cgroup(path)
        try SystemFile.makeFolders(cgroup.folder)
        var files = ["cgroup.procs": "", "cgroup.events": "populated 0\nfrozen 0\n", "cgroup.subtree_control": "\n"]
        files.merge(knobs) { _, new in new }
        for (name, text) in files { try SystemFile.replace(cgroup.file(name), Array(text.utf8)) }
        return cgroup
    }
}
