import CLinux
import Glibc
import LinuxSystem
import SystemPackage

/// A mounted cgroup v2 hierarchy, or a folder tree that imitates one in tests.
public struct CgroupHierarchy: Hashable, Sendable {
    /// The mount point, without a trailing slash.
    public let root: String

    /// A hierarchy at any folder. Nothing is checked, so fixture trees work.
    public init(unchecked root: String) {
        self.root = root
    }

    /// The hierarchy mounted at the folder.
    /// - Throws: when the folder is no cgroup2 file system (cgroups(7); CGROUP2_SUPER_MAGIC).
    public init(mountedAt root: String) throws(SystemError) {
        let folder = try OwnedDescriptor.open(root, O_RDONLY | O_DIRECTORY)
        var type: Int64 = 0
        let outcome = cl_statfs_type(folder.number, &type)
        guard outcome >= 0 else { throw SystemError("statfs", on: root, Errno(rawValue: -outcome)) }
        guard type == 0x6367_7270 else {
            throw SystemError(
                "find a cgroup v2 hierarchy", on: root, .notSupported,
                advice: "boot with systemd.unified_cgroup_hierarchy=1, or run the command in scripts/vm")
        }
        self.root = root
    }

    /// The cgroup at a path below the root; leading slashes are ignored.
    /// - Throws: for a path with `..`, `.` or empty components, which could leave the hierarchy.
    public func cgroup(_ path: String) throws(SystemError) -> Cgroup {
        let components = path.split(separator: "/", omittingEmptySubsequences: true)
        guard components.allSatisfy({ $0 != ".." && $0 != "." }) else {
            throw SystemError(
                "resolve cgroup", on: path, .invalidArgument, advice: "give a path below \(root) without dots")
        }
        return Cgroup(hierarchy: self, path: components.joined(separator: "/"))
    }

    /// The controllers the root offers.
    public func controllers() throws(SystemError) -> Set<String> {
        Set(try SystemFile.readText("\(root)/cgroup.controllers").split(separator: " ").map(String.init))
    }
}
