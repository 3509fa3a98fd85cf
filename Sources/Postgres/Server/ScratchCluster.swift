import Glibc
import Journal
import LinuxSystem

/// A PostgreSQL cluster made for one run: on loopback, owned by the `postgres` user, deleted afterwards.
///
/// It is made anew, or as the standby of another.
public struct ScratchCluster: Sendable {
    public let dataDirectory: String
    public let port: Int
    public let logFile: String
    public let owner: SpawnRequest.Owner
    /// A filter that the server is started under; nil for none.
    public var confinement: SyscallConfinement?
    private let binaries: String
    /// The major version.
    private let version: Int
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
        let installation = try PostgresInstallation.newest()
        self.binaries = installation.binaries
        self.version = installation.version
    }

    /// How to connect as the cluster's own user. It trusts loopback, so there is no password.
    public func connection(database: String = "postgres") -> String {
        "host=127.0.0.1 port=\(port) user=postgres dbname=\(database)"
    }

    /// Makes the cluster, as a copy where there is a template, and writes the configuration. Durability settings are
    /// PostgreSQL's defaults: the ledger counts on fsync, full_page_writes and synchronous_commit.
    /// - Parameter isFlushed: whether it must survive what loses all that was not flushed.
    /// - Returns: whether it is a copy.
    @discardableResult
    public func create(from template: ClusterTemplate? = nil, isFlushed: Bool = false) throws(SystemError) -> Bool {
        let isCopy = try template?.copy(to: dataDirectory) ?? false
        if !isCopy {
            try run(
                "initdb",
                [
                    "-D", dataDirectory, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C",
                    "--data-checksums",
                    // PostgreSQL 13 does not know it.
                ] + (version >= 14 ? ["--no-instructions"] : []))
            let line = Array("include '\(ScratchCluster.configuration)'\n".utf8)
            try SystemFile.append("\(dataDirectory)/postgresql.conf", line)
        }
        // The copy, or the line that initdb did not flush: zeros in its place no server starts with.
        if isFlushed { try run("initdb", ["--sync-only", "-D", dataDirectory]) }
        try configure([:])
        return isCopy
    }

    /// Puts the WAL of the cluster, which must be stopped, into another folder, as `initdb --waldir` would have.
    /// - Parameter folder: an existing one, on another file system.
    public func moveWAL(to folder: String, isFlushed: Bool) throws(SystemError) {
        let (old, new) = ("\(dataDirectory)/pg_wal", "\(folder)/pg_wal")
        // The server's user has to get through.
        try SystemFile.changeOwner(folder, to: owner)
        try ClusterTemplate.copy(old, to: new)
        try SystemFile.removeTree(old)
        try SystemFile.makeLink(to: new, at: old)
        if isFlushed { try run("initdb", ["--sync-only", "-D", dataDirectory]) }
    }

    /// Keeps the cluster, which must be stopped, as a template for others.
    public func keep(as template: ClusterTemplate) throws(SystemError) {
        try template.keep(dataDirectory)
    }

    /// The file of the data directory with all settings of the run.
    private static let configuration = "brink.conf"

    /// Copies a running server of this machine that trusts loopback, as a standby that streams from it through a slot.
    ///
    /// The slot, which this makes, has the server keep the WAL that the standby lacks however long it is away.
    /// - Parameters:
    ///   - port: the server's, on 127.0.0.1.
    ///   - name: what the standby is called in `pg_stat_replication` and in `synchronous_standby_names`.
    public func createStandby(ofPort port: Int, name: String) throws(SystemError) {
        try run(
            "pg_basebackup",
            [
                "-D", dataDirectory, "-d", "host=127.0.0.1 port=\(port) user=postgres application_name=\(name)",
                "--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--create-slot",
                "--slot=\(ScratchCluster.slot(for: name))", "--no-password",
            ])
        // Promoted, it would wait for standbys that it does not have.
        try configure(["hot_standby": "on", "synchronous_standby_names": ""])
    }

    /// The slot of a standby: names of slots have only small letters, digits and underscores.
    public static func slot(for name: String) -> String {
        String(name.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }.prefix(63))
    }

    private func run(_ program: String, _ arguments: [String]) throws(SystemError) {
        let log = try OwnedDescriptor.open(logFile, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, mode: 0o600)
        try SystemFile.changeOwner(logFile, to: owner)
        let request = SpawnRequest(
            "\(binaries)/\(program)", arguments, environment: ["PATH": "\(binaries):/usr/bin:/bin", "LANG": "C"],
            directory: SystemFile.parent(of: dataDirectory), owner: owner, standardOutput: log.number,
            standardError: log.number)
        let handle = try request.start()
        guard handle.hasEnded(within: 120_000), try handle.reap() == 0 else {
            throw SystemError(program, on: dataDirectory, .ioError, advice: "see \(logFile)")
        }
        try log.close()
    }

    /// Writes the run's settings, which come after initdb's: of several for a name the last one counts.
    private func configure(_ standard: [String: String]) throws(SystemError) {
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
        let lines = standard.merging(settings) { _, own in own }.sorted { $0.key < $1.key }.map { name, value in
            "\(name) = '\(value.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''"))'\n"
        }
        // Flushed: a fault that loses what is not would leave zeros that no server starts with.
        try SystemFile.replace(
            "\(dataDirectory)/\(ScratchCluster.configuration)", Array((configuration + lines.joined()).utf8),
            owner: owner)
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
