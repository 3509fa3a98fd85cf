import Glibc
import Journal
import LinuxSystem

/// A PostgreSQL cluster made for one run: on loopback, owned by the `postgres` user, deleted afterwards.
public struct ScratchCluster: Sendable {
    public let dataDirectory: String
    public let port: Int
    public let logFile: String
    public let owner: SpawnRequest.Owner
    /// A filter that the server is started under; nil for none.
    public var confinement: SyscallConfinement?
    private let binaries: String
    private let maxConnections: Int
    private let settings: [String: String]

    /// - Parameters:
    ///   - folder: an existing folder that the owner may enter; the cluster is made in it.
    ///   - port: a free port on 127.0.0.1.
    ///   - settings: further lines of postgresql.conf, by name.
    ///   - logFile: where the server writes its log; in the folder when left out.
    public init(
        folder: String, port: Int, maxConnections: Int, settings: [String: String] = [:], owner: SpawnRequest.Owner,
        logFile: String? = nil
    ) throws(SystemError) {
        self.dataDirectory = "\(folder)/data"
        self.logFile = logFile ?? "\(folder)/postgres.log"
        self.port = port
        self.maxConnections = maxConnections
        self.settings = settings
        self.owner = owner
        self.binaries = try PostgresInstallation.newest().binaries
    }

    /// How to connect as the cluster's own user. It trusts loopback, so there is no password.
    public func connection(database: String = "postgres") -> String {
        "host=127.0.0.1 port=\(port) user=postgres dbname=\(database)"
    }

    /// Runs initdb and writes the configuration. Durability settings are PostgreSQL's defaults: the ledger counts on
    /// fsync, full_page_writes and synchronous_commit.
    public func create() throws(SystemError) {
        let log = try OwnedDescriptor.open(logFile, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, mode: 0o600)
        try SystemFile.changeOwner(logFile, to: owner)
        let request = SpawnRequest(
            "\(binaries)/initdb",
            [
                "-D", dataDirectory, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C",
                "--data-checksums", "--no-instructions",
            ],
            environment: ["PATH": "\(binaries):/usr/bin:/bin", "LANG": "C"],
            directory: SystemFile.parent(of: dataDirectory),
            owner: owner, standardOutput: log.number, standardError: log.number)
        let handle = try request.start()
        guard handle.hasEnded(within: 120_000), try handle.reap() == 0 else {
            throw SystemError("initdb", on: dataDirectory, .ioError, advice: "see \(logFile)")
        }
        let configuration = """
            listen_addresses = '127.0.0.1'
            port = \(port)
            unix_socket_directories = ''
            max_connections = \(maxConnections)
            log_line_prefix = '%m [%p] %q%u@%d '
            log_timezone = 'UTC'
            cluster_name = 'brink'

            """
        // In quotes any value will do; a quote within is doubled ("Setting Parameters via the Configuration File").
        let lines = settings.sorted { $0.key < $1.key }.map { name, value in
            "\(name) = '\(value.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''"))'\n"
        }
        let file = try OwnedDescriptor.open("\(dataDirectory)/postgresql.conf", O_WRONLY | O_APPEND | O_NOFOLLOW)
        try file.write(Array((configuration + lines.joined()).utf8))
        // A fault that loses what is not flushed would take it along, and leave zeros that no server starts with.
        try file.synchronize()
        try file.close()
        try log.close()
    }

    /// Starts the server in its cgroup and waits until it accepts connections.
    public func start(cgroup: String?) throws(SystemError) -> PostgresServer {
        let start = UndoAction.ServerStart(
            executable: "\(binaries)/postgres", arguments: ["-D", dataDirectory],
            environment: ["PATH=\(binaries):/usr/bin:/bin", "LANG=C"], directory: dataDirectory,
            pidFile: "\(dataDirectory)/postmaster.pid", user: owner.user, group: owner.group, cgroupFolder: cgroup,
            output: logFile)
        _ = try ServerStarter(confinement: confinement).start(start)
        let end = MonotonicClock.now() + .seconds(60)
        while true {
            if let server = try? PostgresServer(running: dataDirectory, confinement: confinement), server.isReady() {
                return server
            }
            guard MonotonicClock.now() < end else {
                throw SystemError("start PostgreSQL", on: dataDirectory, .timedOut, advice: "see \(logFile)")
            }
            MonotonicClock.pause(milliseconds: 10)
        }
    }
}
