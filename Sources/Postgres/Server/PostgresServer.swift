import Journal
import LinuxSystem
import SystemdUnits

/// A PostgreSQL cluster on this machine, controlled through its data directory and its processes.
///
/// Never deletes `postmaster.pid` and never touches a process that is not this cluster's.
public struct PostgresServer: Sendable {
    /// The path as the server itself knows it.
    public let dataDirectory: String
    /// How it was started, for starting it again just so.
    public let startup: UndoAction.ServerStart
    private let table: ProcessTable
    private let confinement: SyscallConfinement?

    /// Takes note of a running server.
    /// - Parameters:
    ///   - dataDirectory: absolute path.
    ///   - confinement: the filter that it was started under, and is started under again.
    ///   - cgroupRoot: mount point of cgroup v2, where it is started again in its own cgroup.
    /// - Throws: when no postmaster runs there, or when the process that its pid file names is not its postmaster.
    public init(
        running dataDirectory: String, confinement: SyscallConfinement? = nil, cgroupRoot: String = "/sys/fs/cgroup",
        table: ProcessTable = ProcessTable()
    ) throws(SystemError) {
        let file: PostmasterFile
        do throws(SystemError) {
            file = try PostmasterFile(dataDirectory: dataDirectory)
        } catch {
            throw SystemError(
                "find a running PostgreSQL", on: dataDirectory, error.errno,
                advice: "start it first: Brink restarts what it took down, not what was down before")
        }
        let directory = try SystemFile.resolved(dataDirectory)
        try PostgresServer.refuseContainer(of: directory, table, recorded: file.pid)
        let executable: String
        do throws(SystemError) {
            executable = try SystemFile.linkTarget("\(table.root)/\(file.pid)/exe")
            let folder = try SystemFile.linkTarget("\(table.root)/\(file.pid)/cwd")
            guard folder == directory, executable.hasSuffix("/postgres") else {
                throw SystemError(
                    "match the postmaster", on: dataDirectory, .invalidArgument,
                    advice: "pid \(file.pid) is \(executable) in \(folder): the pid file is stale or not this server's")
            }
        } catch {
            guard error.errno == .noSuchFileOrDirectory else { throw error }
            throw SystemError(
                "find a running PostgreSQL", on: dataDirectory, .noSuchProcess,
                advice: "postmaster.pid names pid \(file.pid), which does not run; start the server first")
        }
        let owner = try table.owner(of: file.pid)
        let output = try? SystemFile.linkTarget("\(table.root)/\(file.pid)/fd/2")
        let environment = try SystemFile.read("\(table.root)/\(file.pid)/environ").split(separator: 0)
            .map { String(decoding: $0, as: UTF8.self) }
            // The journal holds no secrets, and an environment often does; these are what a server needs.
            .filter { PostgresServer.isNeeded($0) }
            .map { $0.hasPrefix("PGDATA=") && !$0.hasPrefix("PGDATA=/") ? "PGDATA=\(directory)" : $0 }
        let cgroup = try table.cgroup(of: file.pid)
        self.dataDirectory = directory
        self.table = table
        self.confinement = confinement
        self.startup = UndoAction.ServerStart(
            executable: executable,
            arguments: PostgresServer.absolute(Array(try table.arguments(of: file.pid).dropFirst()), directory),
            environment: environment, directory: directory, pidFile: "\(directory)/postmaster.pid",
            user: owner.user, group: owner.group, groups: try table.groups(of: file.pid),
            oomScoreAdjustment: try table.oomScoreAdjustment(of: file.pid),
            cgroupFolder: cgroup.flatMap { PostgresServer.folder(of: $0, below: cgroupRoot) },
            output: output.flatMap {
                $0.hasPrefix("/") && ($0.hasPrefix("/dev/shm/") || !$0.hasPrefix("/dev/")) ? $0 : nil
            },
            unit: PostgresServer.unit(of: file.pid, in: cgroup))
    }

    /// Refuses a server whose pid file counts in a pid namespace of its own, as a container's does: nobody but its runtime
    /// could start it again as it ran.
    private static func refuseContainer(
        of directory: String, _ table: ProcessTable, recorded: Int32
    ) throws(SystemError) {
        let place = (try SystemFile.device(of: directory), try SystemFile.inode(of: directory))
        for pid in try table.pids() where pid != recorded {
            // Each of these goes with its process. A container has names of its own for the folder: its inode tells.
            guard let executable = try? SystemFile.linkTarget("\(table.root)/\(pid)/exe"),
                executable.hasSuffix("/postgres"),
                let inode = try? SystemFile.inode(of: "\(table.root)/\(pid)/cwd"), inode == place.1,
                let device = try? SystemFile.device(of: "\(table.root)/\(pid)/cwd"), device == place.0,
                let inner = try? table.innermostPID(of: pid), inner == recorded
            else { continue }
            throw SystemError(
                "control PostgreSQL by its data directory", on: directory, .notPermitted,
                advice: "its postmaster, pid \(pid) here, calls itself \(recorded), as in a container: name the "
                    + "container as the target and restart it with container.restart, and reach the server by its "
                    + "connection")
        }
    }

    /// Refuses a server in a network of its own that no unit of systemd leads: Brink would start it again in the network
    /// that it is in itself, where nobody looks for it.
    public func refuseOtherNetwork() throws(SystemError) {
        guard startup.unit == nil else { return }
        let pid = try postmaster().pid
        guard try NetworkNamespace.inode(of: pid) != NetworkNamespace.inode(of: table.ownIdentity().pid) else { return }
        throw SystemError(
            "control PostgreSQL by its data directory", on: dataDirectory, .notPermitted,
            advice: "its postmaster, pid \(pid), is in another network namespace than brink: run brink in that one "
                + "(nsenter --net=/proc/\(pid)/ns/net), or give its connection alone for what SQL can do")
    }

    /// On a host with cgroup v1 there is another hierarchy, or none, where the root should be.
    private static func folder(of cgroup: String, below root: String) -> String? {
        let folder = "\(root)\(cgroup)"
        return SystemFile.exists("\(folder)/cgroup.controllers") ? folder : nil
    }

    /// The unit of systemd whose main process the postmaster is. One that only lives in the unit of somebody else, as
    /// what a CI runner starts does, is started as any other.
    private static func unit(of pid: Int32, in cgroup: String?) -> String? {
        guard let name = cgroup?.split(separator: "/").last.map(String.init), name.hasSuffix(".service"),
            SystemFile.exists(SystemdConnection.socket)
        else { return nil }
        do throws(SystemError) {
            let systemd = try SystemdConnection()
            return try systemd.mainProcess(of: systemd.unit(name)) == pid ? name : nil
        } catch {
            // A systemd that does not answer starts nothing either.
            return nil
        }
    }

    private static func isNeeded(_ variable: String) -> Bool {
        let name = String(variable.prefix { $0 != "=" })
        guard name != "PGPASSWORD" else { return false }
        // Of libpq and of the server itself: the port, the folder, where a standby's password is.
        return name.hasPrefix("LC_") || name.hasPrefix("PG") || kept.contains(name)
    }

    private static let kept: Set<String> = [
        "PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "LD_LIBRARY_PATH", "OPENSSL_CONF", "KRB5_KTNAME",
    ]

    /// A folder of data that was named from where the server was started means another one from where it is started
    /// again, for the server goes into its folder.
    static func absolute(_ arguments: [String], _ directory: String) -> [String] {
        var result = arguments
        for (index, argument) in arguments.enumerated() {
            if argument == "-D", index + 1 < arguments.count, !arguments[index + 1].hasPrefix("/") {
                result[index + 1] = directory
            } else if argument.hasPrefix("-D"), argument != "-D", !argument.dropFirst(2).hasPrefix("/") {
                result[index] = "-D\(directory)"
            }
        }
        return result
    }

    /// The live postmaster.
    /// - Throws: ESRCH while the server is down.
    public func postmaster() throws(SystemError) -> ProcessIdentity {
        guard let pid = try ServerStarter(table: table).runningServer(startup) else {
            throw SystemError("find the postmaster", on: dataDirectory, .noSuchProcess, advice: "the server is down")
        }
        return try table.identity(of: pid)
    }

    /// Live processes in a role, lowest pid first.
    public func processes(in role: PostgresRole) throws(SystemError) -> [ProcessIdentity] {
        let postmaster = try postmaster()
        if role == .postmaster { return [postmaster] }
        var found: [ProcessIdentity] = []
        for pid in try table.descendants(of: [postmaster.pid]) {
            guard let title = try? table.arguments(of: pid).joined(separator: " "), role.matches(title),
                let identity = try? table.identity(of: pid)
            else { continue }
            found.append(identity)
        }
        return found
    }

    /// Whether the server says that it accepts connections.
    public func isReady() -> Bool {
        guard let file = try? PostmasterFile(dataDirectory: dataDirectory), table.exists(file.pid) else { return false }
        return file.status == "ready" || file.status == "standby"
    }

    /// Whether the server is shutting down. A smart shutdown waits for every session, those of observers too.
    public func isStopping() -> Bool {
        (try? PostmasterFile(dataDirectory: dataDirectory))?.status == "stopping"
    }

    /// Asks the server to shut down and waits until its postmaster has ended.
    /// - Throws: ETIMEDOUT, as with a smart shutdown that waits for its clients.
    public func stop(_ mode: ShutdownMode, within deadline: Duration) throws(SystemError) {
        let handle = try ProcessHandle(opening: try postmaster(), in: table)
        try handle.send(mode.signal)
        let milliseconds = Int32(clamping: deadline.components.seconds * 1000)
        guard handle.hasEnded(within: milliseconds) else {
            throw SystemError(
                "\(mode.rawValue) shutdown", on: dataDirectory, .timedOut,
                advice: mode == .smart ? "a smart shutdown waits for all clients to leave" : "see the server's log")
        }
    }

    /// Starts the server as it ran before, unless it runs.
    public func start() throws(SystemError) -> UndoOutcome {
        try ServerStarter(table: table, confinement: confinement).start(startup)
    }

    /// Its file that ALTER SYSTEM writes, as it is and as it is to be.
    /// - Parameters:
    ///   - addition: lines at its end; the last line for a name counts ("Setting Parameters", The Configuration File).
    ///   - needsRestart: whether some of them are read only at the start of the server.
    public func automaticConfiguration(
        adding addition: String, needsRestart: Bool
    ) throws(SystemError) -> ServerFile {
        let path = "\(dataDirectory)/postgresql.auto.conf"
        let prior = try SystemFile.read(path)
        let owner = try SystemFile.owner(of: path)
        let isOpen = prior.last.map { $0 != UInt8(ascii: "\n") } ?? false
        return ServerFile(
            path: path, prior: prior, injected: prior + Array("\(isOpen ? "\n" : "")\(addition)".utf8),
            user: owner.user, group: owner.group, mode: try SystemFile.mode(of: path), server: startup,
            needsRestart: needsRestart)
    }

    /// Has the server read its configuration files again, if it runs.
    public func reload() throws(SystemError) {
        try ServerStarter(table: table, confinement: confinement).reload(startup)
    }

    /// Puts a file back and has the server read it.
    public func restore(_ file: ServerFile) throws(SystemError) -> UndoOutcome {
        try file.restore(ServerStarter(table: table, confinement: confinement))
    }

    /// Waits until it accepts connections.
    public func waitUntilReady(within deadline: Duration) throws(SystemError) {
        let end = MonotonicClock.now() + deadline
        while !isReady() {
            guard MonotonicClock.now() < end else {
                throw SystemError(
                    "wait for PostgreSQL to accept connections", on: dataDirectory, .timedOut,
                    advice: "see \(startup.output ?? "the server's log")")
            }
            MonotonicClock.pause(milliseconds: 10)
        }
    }
}

/// How a server is told to stop (postgres(1), "Notes" on signals).
public enum ShutdownMode: String, Hashable, Sendable, CaseIterable {
    /// Waits for clients to disconnect: SIGTERM.
    case smart
    /// Ends sessions, writes a checkpoint: SIGINT.
    case fast
    /// Stops at once, recovers at the next start: SIGQUIT.
    case immediate

    var signal: Signal {
        switch self {
        case .smart: .terminate
        case .fast: .interrupt
        case .immediate: .quit
        }
    }
}
