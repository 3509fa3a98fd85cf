import Cgroups
import Foundation
import Glibc
import LinuxSystem
import Postgres
import Testing

/// Real podman and real crun, with storage and an image of this test's own. Nothing is pulled.
final class ContainerHost {
    /// A container that runs, found without Brink's help.
    struct Running {
        let id: String
        let process: ProcessIdentity
        let cgroup: Cgroup
    }

    private static let image = "localhost/brink-test:latest"
    /// Uses 24 MiB of memory over and over, so that a limit has something to bite on.
    private static let work = "while :; do dd if=/dev/zero of=/dev/shm/x bs=1M count=24 2>/dev/null; sleep 0.05; done"

    /// What podman and Brink need to find this storage.
    let environment: [String: String]
    private let place: String
    private let hierarchy: CgroupHierarchy
    private var plain: [String] = []

    init() throws {
        // Engines keep their storage on a disk, and a tmpfs is the guest's memory.
        let parent = SystemFile.exists(FaultCase.disk) ? FaultCase.disk : "/var/tmp"
        place = "\(parent)/brink-containers-\(getpid())-\(UInt32.random(in: .min ... .max))"
        hierarchy = try CgroupHierarchy(mountedAt: "/sys/fs/cgroup")
        environment = [
            "CONTAINERS_STORAGE_CONF": "\(place)/storage.conf", "CONTAINERS_CONF": "\(place)/containers.conf",
            "TMPDIR": place, "HOME": place,
        ]
        try SystemFile.makeFolders("\(place)/rootfs/bin", mode: 0o755)
        for folder in ["dev", "proc", "sys", "host", "tmp", "etc"] {
            try SystemFile.makeFolders("\(place)/rootfs/\(folder)", mode: 0o755)
        }
        try SystemFile.replace("\(place)/rootfs/bin/busybox", try SystemFile.read("/bin/busybox"), mode: 0o755)
        for name in ["sh", "dd", "sleep", "chroot"] {
            try #require(symlink("busybox", "\(place)/rootfs/bin/\(name)") == 0)
        }
        let storage = "[storage]\ndriver = \"vfs\"\ngraphroot = \"\(place)/graph\"\nrunroot = \"\(place)/run\"\n"
        try SystemFile.replace("\(place)/storage.conf", Array(storage.utf8))
        let engine = "[engine]\ncgroup_manager = \"cgroupfs\"\nevents_logger = \"file\"\nruntime = \"crun\"\n"
        try SystemFile.replace("\(place)/containers.conf", Array(engine.utf8))
        try call("/usr/bin/tar", ["-C", "\(place)/rootfs", "-cf", "\(place)/image.tar", "."])
        try podman(["import", "\(place)/image.tar", Self.image])
    }

    /// Ends all containers and removes what was made for them.
    func remove() throws {
        for id in plain { try call("/usr/bin/crun", ["--cgroup-manager=cgroupfs", "delete", "--force", id]) }
        try podman(["rm", "--all", "--force", "--time", "0"])
        // Podman cleans up after each container in the background, and writes to its storage as it does.
        let end = MonotonicClock.now() + .seconds(10)
        while true {
            do throws(SystemError) {
                return try SystemFile.removeTree(place)
            } catch {
                if MonotonicClock.now() > end { throw error }
                MonotonicClock.pause(milliseconds: 100)
            }
        }
    }

    /// Starts a container that works.
    func startPodman(_ name: String, label: String) throws -> Running {
        let id = try podman([
            "run", "--detach", "--network", "none", "--name", name, "--label", label, Self.image, "sh", "-c", Self.work,
        ]).trimmingCharacters(in: .whitespacesAndNewlines)
        let fields = try podman(["inspect", "--format", "{{.State.Pid}} {{.State.CgroupPath}}", id]).split(
            whereSeparator: \.isWhitespace)
        try #require(fields.count == 2, "\(fields)")
        return try running(id, pid: String(fields[0]), cgroup: String(fields[1]))
    }

    /// Starts a cluster's server as the first process of a container on the host's network, and waits until it answers.
    func startDatabase(_ name: String, _ foreign: ForeignCluster) throws {
        let postgres = "\(try PostgresInstallation.newest().binaries)/postgres"
        try podman(
            // SIGINT, as PostgreSQL's own image has it: SIGTERM waits for all clients to leave.
            ["run", "--detach", "--network", "host", "--name", name, "--privileged", "--stop-signal", "SIGINT"]
                + ["--volume", "/:/host:rslave", Self.image, "chroot", "/host", "/usr/bin/setpriv"]
                + ["--reuid", "\(foreign.owner.user)", "--regid", "\(foreign.owner.group)", "--clear-groups"]
                + [postgres, "-D", foreign.cluster.dataDirectory])
        let end = MonotonicClock.now() + .seconds(60)
        let file = "\(foreign.cluster.dataDirectory)/postmaster.pid"
        while (try? SystemFile.readText(file))?.contains("ready") != true {
            let hasTime = MonotonicClock.now() < end
            let log = hasTime ? "" : try podman(["logs", name])
            try #require(hasTime, "\(log)")
            MonotonicClock.pause(milliseconds: 50)
        }
    }

    func stopPodman(_ name: String) throws {
        try podman(["stop", "--time", "0", name])
    }

    /// Starts a container by crun alone. It goes on when this process ends.
    func startCrun(_ id: String, annotation: String) throws -> Running {
        let parts = annotation.split(separator: "=").map(String.init)
        let mount = { (place: String, type: String) -> [String: Any] in
            ["destination": place, "type": type, "source": type]
        }
        let specification: [String: Any] = [
            "ociVersion": "1.0.2",
            "process": [
                "terminal": false, "user": ["uid": 0, "gid": 0], "args": ["/bin/sh", "-c", Self.work],
                "env": ["PATH=/bin"], "cwd": "/",
            ],
            "root": ["path": "\(place)/rootfs", "readonly": true],
            "mounts": [mount("/proc", "proc"), mount("/dev", "tmpfs"), mount("/dev/shm", "tmpfs")],
            "linux": ["namespaces": ["pid", "mount", "ipc", "uts", "network", "cgroup"].map { ["type": $0] }],
            "annotations": [parts[0]: parts[1]],
        ]
        let bundle = "\(place)/\(id)"
        try SystemFile.makeFolders(bundle)
        let json = try JSONSerialization.data(withJSONObject: specification)
        try SystemFile.replace("\(bundle)/config.json", Array(json))
        let file = "\(bundle)/pid"
        try call(
            "/usr/bin/crun",
            ["--cgroup-manager=cgroupfs", "run", "--detach", "--bundle", bundle, "--pid-file", file, id])
        plain.append(id)
        let pid = try SystemFile.readText(file)
        let number = try #require(Int32(pid))
        return try running(id, pid: pid, cgroup: try #require(try ProcessTable().cgroup(of: number)))
    }

    /// All the network these containers have is a loopback device of their own, which not every runtime brings up.
    func raiseLoopback(of container: Running) throws {
        try call(
            "/usr/bin/nsenter",
            ["--net=/proc/\(container.process.pid)/ns/net", "/sbin/ip", "link", "set", "lo", "up"])
    }

    /// Runs Brink in a container of its own that sees the host, as one does where nothing may be installed on it.
    /// - Returns: the container's exit status and all it wrote.
    func startBrinkInContainer(_ command: BrinkCommand, _ arguments: [String], name: String) throws -> Call {
        var variables = environment
        variables["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
        variables["BRINK_STATE_DIR"] = command.state
        variables["BRINK_OUT"] = command.out
        let settings = variables.sorted { $0.key < $1.key }.flatMap { ["--env", "\($0.key)=\($0.value)"] }
        return try start(
            "/usr/bin/podman",
            ["run", "--network", "none", "--privileged", "--cgroupns=host", "--pid=host", "--name", name]
                + ["--volume", "/:/host:rslave"] + settings + [Self.image, "chroot", "/host"]
                + ["\(BrinkCommand.folder)/brink"] + arguments)
    }

    /// Pid of a podman container's first process; nil when it does not run.
    func pid(of name: String) throws -> Int32? {
        let text = try podman(["inspect", "--format", "{{.State.Pid}}", name])
        return Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)).flatMap { $0 > 0 ? $0 : nil }
    }

    @discardableResult
    func podman(_ arguments: [String]) throws -> String {
        try call("/usr/bin/podman", arguments)
    }

    func isRunning(_ name: String) throws -> Bool {
        try podman(["inspect", "--type", "container", "--format", "{{.State.Running}}", name]).contains("true")
    }

    private func running(_ id: String, pid: String, cgroup path: String) throws -> Running {
        let process = try ProcessTable().identity(of: try #require(Int32(pid)))
        let cgroup = try hierarchy.cgroup(path)
        let end = MonotonicClock.now() + .seconds(20)
        // Only once it works there is something to hit.
        while try cgroup.readNumber("memory.current") ?? 0 < 20 << 20 {
            try #require(MonotonicClock.now() < end, "\(cgroup) uses no memory")
            MonotonicClock.pause(milliseconds: 20)
        }
        return Running(id: id, process: process, cgroup: cgroup)
    }

    // MARK: Programs

    /// A program under way whose output goes to a file.
    final class Call {
        private let handle: Handle
        private let path: String

        private final class Handle {
            let value: ProcessHandle
            init(_ value: consuming ProcessHandle) { self.value = value }
        }

        init(_ value: consuming ProcessHandle, output path: String) {
            handle = Handle(value)
            self.path = path
        }

        var hasEnded: Bool { handle.value.hasEnded() }
        var outputSoFar: String { (try? String(decoding: SystemFile.read(path), as: UTF8.self)) ?? "" }

        func wait() throws -> (code: Int32, output: String) {
            let ended = handle.value.hasEnded(within: 120_000)
            try #require(ended, "still running after 2 min: \(outputSoFar)")
            let code = try #require(try handle.value.reap())
            defer { try? SystemFile.removeTree(path) }
            return (code, outputSoFar)
        }
    }

    private func start(_ program: String, _ arguments: [String]) throws -> Call {
        let path = "/tmp/brink-call-\(UInt64.random(in: .min ... .max))"
        let output = try OwnedDescriptor.open(path, O_WRONLY | O_CREAT | O_APPEND, mode: 0o600)
        var variables = environment
        variables["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
        let handle = try SpawnRequest(
            program, arguments, environment: variables, directory: "/", newSession: true,
            standardOutput: output.number, standardError: output.number
        ).start()
        return Call(handle, output: path)
    }

    @discardableResult
    private func call(_ program: String, _ arguments: [String]) throws -> String {
        let (code, output) = try start(program, arguments).wait()
        try #require(code == 0, "\(program) \(arguments): status \(code): \(output)")
        return output
    }
}
