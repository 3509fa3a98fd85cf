import Cgroups
import Glibc
import LinuxSystem

/// What the host must offer, checked before anything is changed.
public struct Preflight: Sendable {
    private let settings: Settings

    public init(settings: Settings) {
        self.settings = settings
    }

    /// The hierarchy to work on.
    /// - Throws: with exit 77 without root, 69 when the host cannot give what a run needs.
    public func require() throws(HarnessError) -> CgroupHierarchy {
        guard geteuid() == 0 else {
            throw HarnessError(.notPrivileged, "brink needs root: it changes cgroups and limits of other processes")
        }
        let hierarchy: CgroupHierarchy
        do throws(SystemError) {
            hierarchy = try CgroupHierarchy(mountedAt: settings.cgroupRoot)
            let missing = Set(["cpu", "memory", "pids", "io"]).subtracting(try hierarchy.controllers())
            guard missing.isEmpty else {
                throw SystemError(
                    "find controllers \(missing.sorted().joined(separator: ", "))",
                    on: "\(settings.cgroupRoot)/cgroup.controllers", .notSupported,
                    advice: "boot with them enabled for cgroup v2, or run the command in scripts/vm")
            }
        } catch {
            throw HarnessError(.preflight, error.description)
        }
        guard access("\(settings.cgroupRoot)/cgroup.subtree_control", W_OK) == 0 else {
            throw HarnessError(
                .preflight,
                "\(settings.cgroupRoot) is read-only here: mount cgroup v2 writable, or run the command in scripts/vm")
        }
        return hierarchy
    }
}
