import Cgroups
import Containers
import Glibc
import Journal
import LinuxSystem
import Postgres
import SystemdUnits

/// Says what this host offers: what every run needs, and what only some faults and targets do. Changes nothing.
public struct Doctor: Sendable {
    public struct Finding: Sendable {
        public enum State: String, Sendable {
            case fine
            /// A run cannot do without it.
            case missing
            /// Only what the detail names cannot be used.
            case absent
        }

        public let name: String
        public let state: State
        /// What was found, and what to do when it is not fine.
        public let detail: String
    }

    private let settings: Settings

    public init(settings: Settings) {
        self.settings = settings
    }

    public func findings() -> [Finding] {
        [root] + hierarchy + [pressure, capabilities] + programs + [space] + options + runtimes
    }

    // MARK: What every run needs

    private func needed(_ name: String, _ isFine: Bool, _ detail: String) -> Finding {
        Finding(name: name, state: isFine ? .fine : .missing, detail: detail)
    }

    private var root: Finding {
        needed("root", geteuid() == 0, geteuid() == 0 ? "running as root" : "run as root")
    }

    private var hierarchy: [Finding] {
        do throws(SystemError) {
            let controllers = try CgroupHierarchy(mountedAt: settings.cgroupRoot).controllers()
            let writable = access("\(settings.cgroupRoot)/cgroup.subtree_control", W_OK) == 0
            return [needed("cgroup v2", true, "mounted at \(settings.cgroupRoot)")]
                + ["cpu", "io", "memory", "pids", "cpuset"].map { name in
                    needed(
                        "controller \(name)", controllers.contains(name),
                        controllers.contains(name)
                            ? "delegated" : "not delegated: boot with it on cgroup v2, or use scripts/vm")
                } + [needed("cgroup writable", writable, writable ? "yes" : "mounted read-only: use scripts/vm")]
        } catch {
            return [needed("cgroup v2", false, error.description)]
        }
    }

    private var pressure: Finding {
        let isOn = SystemFile.exists("/proc/pressure/memory")
        return needed("pressure stall information", isOn, isOn ? "on" : "boot with psi=1")
    }

    /// Of those that faults and the guardian need (capabilities(7)).
    private var capabilities: Finding {
        let wanted: [(String, UInt64)] = [
            ("CAP_CHOWN", 0), ("CAP_KILL", 5), ("CAP_SETGID", 6), ("CAP_SETUID", 7), ("CAP_IPC_LOCK", 14),
            ("CAP_SYS_PTRACE", 19), ("CAP_SYS_ADMIN", 21), ("CAP_SYS_RESOURCE", 24),
        ]
        do throws(SystemError) {
            let mask = try ProcessTable().effectiveCapabilities(of: getpid())
            let missing = wanted.filter { mask & (1 << $0.1) == 0 }.map(\.0)
            return needed(
                "capabilities", missing.isEmpty,
                missing.isEmpty ? "all that faults need" : "missing \(missing.joined(separator: ", "))")
        } catch {
            return needed("capabilities", false, error.description)
        }
    }

    private var programs: [Finding] {
        let own = ["brink-guardian", "brink-stressor", "brink-exec"].map { program in
            let path = besideThis(program)
            return needed(program, path != nil, path ?? "install it into the same folder as brink")
        }
        let services = [
            ("PostgreSQL", ["/usr/lib/postgresql"], "postgresql"),
            ("PgBouncer", ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"], "pgbouncer"),
        ].map { name, paths, package in
            let found = paths.first { SystemFile.exists($0) }
            return needed(name, found != nil, found ?? "apt-get install \(package)")
        }
        return own + services
    }

    private func besideThis(_ program: String) -> String? {
        guard let own = try? SystemFile.linkTarget("/proc/self/exe") else { return nil }
        let path = "\(SystemFile.parent(of: own))/\(program)"
        return SystemFile.exists(path) ? path : nil
    }

    private var space: Finding {
        let free = (try? SystemFile.freeBytes(at: settings.existingStateFolder)) ?? 0
        return needed("space for journals", free > 64 << 20, "\(free >> 20) MiB free at \(settings.stateFolder.path)")
    }

    // MARK: What some faults and targets need

    private func optional(_ name: String, _ isFine: Bool, _ detail: String, _ lack: String) -> Finding {
        Finding(name: name, state: isFine ? .fine : .absent, detail: isFine ? detail : lack)
    }

    private var options: [Finding] {
        let swap = ((try? SystemFile.readText("/proc/swaps")) ?? "").split(separator: "\n").count > 1
        let mapper = "/dev/mapper/control"
        let format = ["/usr/sbin/mkfs.ext4", "/sbin/mkfs.ext4"].first(where: SystemFile.exists)
        return [
            server, amcheck,
            optional(
                "swap", swap, "there is some",
                "none: memory.swap.max, memory.zswap and the reclaim of anonymous memory need it"),
            optional(
                "kernel log", access("/dev/kmsg", R_OK) == 0, "/dev/kmsg can be read",
                "/dev/kmsg cannot be read: OOM kills are counted, but their victims not named"),
            optional(
                "systemd", SystemFile.exists(SystemdConnection.socket), SystemdConnection.socket,
                "no \(SystemdConnection.socket): targets that are units need it; in a container mount the host's /run"),
            optional(
                "device mapper", SystemFile.exists(mapper), mapper,
                "no \(mapper): disk.delay, disk.flaky, postgres.lose_unsynced and every volume need it: modprobe -a loop "
                    + "dm-mod dm-delay dm-flakey"),
            optional(
                "mkfs.ext4", format != nil, format ?? "", "a service's volume needs it: apt-get install e2fsprogs"),
        ] + kernelParts + tools
    }

    /// What of the kernel some faults need besides cgroup v2.
    private var kernelParts: [Finding] {
        let release = (try? SystemFile.readText("/proc/sys/kernel/osrelease")) ?? ""
        let modules: [(name: String, users: String)] = [
            ("loop", "every volume"), ("dm-delay", "disk.delay"),
            ("dm-flakey", "disk.flaky and postgres.lose_unsynced"),
            ("sch_netem", "packet.*"), ("ifb", "packet.*"), ("veth", "packet faults on a link"),
            ("nf_tables", "packet.partition and dns.*"),
        ]
        let version = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
        func isSince(_ major: Int, _ minor: Int) -> Bool {
            version.count == 2 && (version[0], version[1]) >= (major, minor)
        }
        let mask = (try? ProcessTable().effectiveCapabilities(of: getpid())) ?? 0
        return modules.map { module in
            let state = KernelModule(name: module.name).state(release: release)
            return optional(
                "module \(module.name)", state != .absent, state == .loaded ? "loaded" : "there, not loaded yet",
                "none for Linux \(release): \(module.users) need it")
        } + [
            optional(
                "calls of others", isSince(5, 19), "Linux \(release)",
                "Linux \(release): syscall.inject and memory.reclaim need 5.19"),
            optional(
                "reads that fail", isSince(6, 12), "Linux \(release)",
                "Linux \(release): error_reads of disk.flaky needs 6.12"),
            // CAP_LINUX_IMMUTABLE is 9 (capabilities(7)).
            optional(
                "files that nobody may write", mask & (1 << 9) != 0, "CAP_LINUX_IMMUTABLE",
                "no CAP_LINUX_IMMUTABLE: postgres.read_only_files needs it"),
        ]
    }

    private var installation: PostgresInstallation? { try? PostgresInstallation.newest() }

    private var server: Finding {
        optional(
            "PostgreSQL's server programs", installation != nil, installation?.binaries ?? "",
            "none below /usr/lib/postgresql: services of the kind postgres need them: apt-get install postgresql")
    }

    /// Part of Debian's package of the server; elsewhere of a contrib package.
    private var amcheck: Finding {
        let control = installation.map { "/usr/share/postgresql/\($0.version)/extension/amcheck.control" }
        let isThere = control.map(SystemFile.exists) ?? false
        return optional(
            "extension amcheck", isThere, control ?? "",
            "not there: postgres.corrupt_index and the integrity check of dataSafety need it: install PostgreSQL's contrib "
                + "modules")
    }

    private var tools: [Finding] {
        NetworkTool.allCases.map { tool in
            let users = tool == .nft ? "packet.partition and dns.*" : "packet.*"
            return optional(
                "tool \(tool.rawValue)", tool.path != nil, tool.path ?? "",
                "not installed: \(users) need it: apt-get install \(tool.package)")
        }
    }

    private var runtimes: [Finding] {
        ContainerFinder().runtimes.map { runtime in
            optional(
                "containers of \(runtime.name)", runtime.lack == nil, runtime.tool ?? "",
                "\(runtime.lack ?? ""): targets that are its containers need it")
        }
    }
}
