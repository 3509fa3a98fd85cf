import Cgroups
import Glibc
import Journal
import LinuxSystem

/// What the host must offer, checked before anything is changed.
public struct Preflight: Sendable {
    /// One finding of the doctor.
    public struct Finding: Sendable {
        public let name: String
        public let isFine: Bool
        /// What was found, and what to do when it is not fine.
        public let detail: String
    }

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

    /// Everything the doctor looks at.
    public func findings() -> [Finding] {
        var findings: [Finding] = []
        func add(_ name: String, _ isFine: Bool, _ detail: String) {
            findings.append(Finding(name: name, isFine: isFine, detail: detail))
        }
        add("root", geteuid() == 0, geteuid() == 0 ? "running as root" : "run as root")
        do throws(SystemError) {
            let hierarchy = try CgroupHierarchy(mountedAt: settings.cgroupRoot)
            let controllers = try hierarchy.controllers()
            add("cgroup v2", true, "mounted at \(settings.cgroupRoot)")
            for name in ["cpu", "io", "memory", "pids", "cpuset"] {
                add(
                    "controller \(name)", controllers.contains(name),
                    controllers.contains(name)
                        ? "delegated" : "not delegated: boot with it on cgroup v2, or use scripts/vm")
            }
            let writable = access("\(settings.cgroupRoot)/cgroup.subtree_control", W_OK) == 0
            add("cgroup writable", writable, writable ? "yes" : "mounted read-only: use scripts/vm")
        } catch {
            add("cgroup v2", false, error.description)
        }
        let pressure = SystemFile.exists("/proc/pressure/memory")
        add("pressure stall information", pressure, pressure ? "on" : "boot with psi=1")
        let missing = missingCapabilities()
        add(
            "capabilities", missing.isEmpty,
            missing.isEmpty ? "all that faults need" : "missing \(missing.joined(separator: ", "))")
        for program in ["brink-guardian", "brink-stressor"] {
            let path = programPath(program)
            add(program, path != nil, path ?? "install it into the same folder as brink")
        }
        for (name, paths, package) in [
            ("PostgreSQL", ["/usr/lib/postgresql"], "postgresql"),
            ("PgBouncer", ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"], "pgbouncer"),
        ] {
            let found = paths.first { SystemFile.exists($0) }
            add(name, found != nil, found ?? "apt-get install \(package)")
        }
        let free = (try? SystemFile.freeBytes(at: settings.existingStateFolder)) ?? 0
        add("space for journals", free > 64 << 20, "\(free >> 20) MiB free at \(settings.stateFolder.path)")
        return findings
    }

    private func programPath(_ program: String) -> String? {
        guard let own = try? SystemFile.linkTarget("/proc/self/exe") else { return nil }
        let path = "\(SystemFile.parent(of: own))/\(program)"
        return SystemFile.exists(path) ? path : nil
    }

    /// Of those that faults and the guardian need (capabilities(7)).
    private func missingCapabilities() -> [String] {
        guard let mask = try? ProcessTable().effectiveCapabilities(of: getpid()) else { return ["(unreadable)"] }
        let needed: [(String, UInt64)] = [
            ("CAP_CHOWN", 0), ("CAP_KILL", 5), ("CAP_SETGID", 6), ("CAP_SETUID", 7), ("CAP_IPC_LOCK", 14),
            ("CAP_SYS_PTRACE", 19), ("CAP_SYS_ADMIN", 21), ("CAP_SYS_RESOURCE", 24),
        ]
        return needed.filter { mask & (1 << $0.1) == 0 }.map(\.0)
    }
}
