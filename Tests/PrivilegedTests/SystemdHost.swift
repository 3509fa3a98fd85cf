import Cgroups
import Glibc
import LinuxSystem
import Testing

/// A real systemd: the first process of namespaces of its own, with units of this test's own, and Brink beside it there.
final class SystemdHost {
    /// The unit that is hit: it works, forks, and has a memory limit of its own.
    static let unit = "brink-demo.service"

    /// Uses CPU, keeps 13 MB, and forks ten times a second.
    private static let work = """
        my @a; my $n = 0;
        while (1) { @a = map { 'x' x 65536 } 1..200; system('/bin/true') if $n++ % 10 == 0; select undef, undef, undef, 0.01 }
        """

    /// Before systemd begins: what it needs of a machine that has just booted.
    private static let script = """
        while [ ! -e PLACE/go ]; do sleep 0.05; done
        mount --make-rprivate /
        mount -t tmpfs tmpfs /run
        mkdir -p /run/lock /run/systemd/system
        cp PLACE/units/* /run/systemd/system/
        umount -l /sys/fs/cgroup
        mount -t cgroup2 cgroup2 /sys/fs/cgroup
        exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=brink /lib/systemd/systemd \\
            --unit=brink-test.target --log-target=console --log-level=warning --show-status=no
        """

    private let place: String
    /// systemd's root cgroup, as the test sees it.
    private let base: Cgroup
    /// Where Brink begins.
    private let outside: Cgroup
    /// systemd, by the test's own pids.
    let systemd: Int32

    init() throws {
        place = "/var/tmp/brink-systemd-\(getpid())-\(UInt32.random(in: .min ... .max))"
        try SystemFile.makeFolders("\(place)/units", mode: 0o755)
        let hierarchy = try CgroupHierarchy(mountedAt: "/sys/fs/cgroup")
        base = try hierarchy.cgroup("brink-systemd")
        outside = base.child("outside")
        try base.killAndRemove()
        try base.create()
        try outside.create()
        try SystemFile.replace("\(place)/demo.pl", Array(Self.work.utf8), mode: 0o644)
        try SystemFile.replace("\(place)/sshd", try SystemFile.read("/bin/sleep"), mode: 0o755)
        try Self.write(
            [
                Self.unit: "ExecStart=/usr/bin/perl \(place)/demo.pl\nMemoryHigh=200M",
                // Neither is hit: by its name, and for what runs in it.
                "systemd-brink.service": "ExecStart=/bin/sleep 100000",
                "brink-door.service": "ExecStart=\(place)/sshd 100000",
                "brink-idle.service": "ExecStart=/bin/sleep 100000",
            ].mapValues { "[Unit]\nDefaultDependencies=no\n[Service]\n\($0)\n" }.merging([
                "brink-test.target":
                    "[Unit]\nDefaultDependencies=no\nWants=\(Self.unit) systemd-brink.service brink-door.service\n"
            ]) { $1 }, in: "\(place)/units")
        try SystemFile.replace(
            "\(place)/begin", Array(Self.script.replacing("PLACE", with: place).utf8), mode: 0o755)
        let parent = try SpawnRequest(
            "/usr/bin/unshare",
            ["--cgroup", "--pid", "--mount", "--fork", "--mount-proc", "/bin/sh", "\(place)/begin"],
            environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"], cgroup: base.folder, newSession: true
        ).start()
        // It is not in the namespaces, and systemd could not delegate from a cgroup that it stayed in.
        let own = try #require(try ProcessTable().cgroup(of: getpid()))
        let first = try Self.wait("the first process") { [base] in
            try base.processes().first { $0 != parent.identity.pid }
        }
        let home = try hierarchy.cgroup(own)
        try SystemFile.writeOnce(home.file("cgroup.procs"), Array("\(parent.identity.pid)".utf8))
        try SystemFile.replace("\(place)/go", [])
        systemd = first
        let demo = base.child("system.slice").child(Self.unit)
        try Self.wait("systemd and its units") {
            try demo.exists && demo.readNumber("memory.current") ?? 0 > 10_000_000 ? true : nil
        }
        try Self.wait("the end of the boot") {
            try systemctl(["list-jobs"]).contains("No jobs") ? true : nil
        }
    }

    private static func write(_ files: [String: String], in folder: String) throws {
        for (name, text) in files { try SystemFile.replace("\(folder)/\(name)", Array(text.utf8), mode: 0o644) }
    }

    @discardableResult
    private static func wait<Value>(_ what: String, _ body: () throws -> Value?) throws -> Value {
        let end = MonotonicClock.now() + .seconds(60)
        while true {
            if let value = try body() { return value }
            try #require(MonotonicClock.now() < end, "\(what) did not come within a minute")
            MonotonicClock.pause(milliseconds: 20)
        }
    }

    /// Ends systemd with all its units.
    func remove() throws {
        try base.killAndRemove()
        try SystemFile.removeTree(place)
    }

    /// Starts Brink inside the namespaces.
    func brink(in place: String) -> BrinkCommand {
        var command = BrinkCommand(in: place)
        command.entrance = BrinkCommand.Entrance(
            program: entry[0], arguments: Array(entry.dropFirst()), cgroup: outside.folder)
        return command
    }

    /// A process of Brink that runs in the namespaces.
    func processes(called name: String) throws -> [Int32] {
        let table = ProcessTable()
        return try base.allProcesses().filter { pid in
            // One that ends meanwhile is not there.
            guard let status = try? table.status(of: pid), !status.hasEnded else { return false }
            return status.name == name
        }
    }

    private var entry: [String] {
        ["/usr/bin/nsenter", "--target", "\(systemd)", "--mount", "--pid", "--cgroup", "--"]
    }

    /// What systemd itself says, asked by its own tool.
    @discardableResult
    func systemctl(_ arguments: [String]) throws -> String {
        try call(["/bin/systemctl", "--no-pager"] + arguments)
    }

    /// Runs a program in the namespaces.
    @discardableResult
    func call(_ command: [String]) throws -> String {
        try PrivilegedSuite.call(entry[0], Array(entry.dropFirst()) + command, in: outside.folder)
    }

    func cgroup(of unit: String = SystemdHost.unit) -> Cgroup { base.child("system.slice").child(unit) }

    /// All that a fault can change about a unit: what the kernel shows, what systemd says, and the files it keeps.
    func snapshot(_ unit: String = SystemdHost.unit) throws -> [String: String] {
        var found: [String: String] = [:]
        let cgroup = cgroup(of: unit)
        for knob in [
            "memory.high", "memory.max", "memory.low", "memory.min", "memory.swap.max", "cpu.max", "cpu.weight",
            "cpu.idle",
            "io.weight", "pids.max", "cgroup.freeze", "cgroup.subtree_control",
        ] {
            found[knob] = cgroup.has(knob) ? try cgroup.readText(knob) : "absent"
        }
        found["children"] = try cgroup.children().map(\.path).joined(separator: ",")
        found["slice"] = "\(base.child("brink.slice").exists)"
        let properties = [
            "MemoryHigh", "MemoryMax", "MemoryLow", "MemoryMin", "MemorySwapMax", "CPUQuotaPerSecUSec",
            "CPUQuotaPeriodUSec", "CPUWeight", "IOWeight", "TasksMax", "DropInPaths", "NeedDaemonReload", "MainPID",
            "ActiveState", "ControlGroup",
        ]
        found["systemd"] = try systemctl(["show", unit, "-p", properties.joined(separator: ",")])
        for folder in ["system.control", "transient"] {
            try add("/proc/\(systemd)/root/run/systemd/\(folder)", to: &found)
        }
        return found
    }

    /// A file with what it holds, or a folder with all in it.
    private func add(_ path: String, to found: inout [String: String]) throws {
        guard SystemFile.exists(path) else { return }
        var info = stat()
        try #require(lstat(path, &info) == 0)
        guard info.st_mode & S_IFMT == S_IFDIR else {
            found[path] = try SystemFile.readText(path)
            return
        }
        found[path] = "folder"
        for name in try SystemFile.entries(of: path) { try add("\(path)/\(name)", to: &found) }
    }
}
