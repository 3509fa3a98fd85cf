import Foundation
import Glibc
import Postgres

/// A PostgreSQL cluster of a test's own: made with initdb in a temporary folder, reached over a free loopback port and
/// a Unix socket, without fsync.
///
/// PostgreSQL refuses to run as root; started by root, the cluster belongs to the user `postgres`.
public actor FixtureCluster {
    /// The cluster of the running suite, see ``FixtureClusterTrait``.
    @TaskLocal public static var current: FixtureCluster?

    /// Whether this machine has what a cluster needs.
    public static let isAvailable = binaries != nil && (getuid() != 0 || getpwnam("postgres") != nil)

    /// A libpq connection string for the superuser, over TCP.
    public nonisolated let connectionString: String
    /// The same over the Unix socket.
    public nonisolated let socketConnectionString: String
    public nonisolated let port: UInt16

    /// Where its files are.
    public nonisolated var dataDirectory: String { folder.appending(path: "data").path() }

    private let folder: URL
    private let settings: [String: String]
    private var postmaster: Process?

    /// - Parameter settings: further lines of `postgresql.conf`.
    public init(settings: [String: String] = [:]) async throws {
        port = try Self.freePort()
        folder = URL(filePath: NSTemporaryDirectory())
            .appending(path: "brink-scratch-\(UUID().uuidString.prefix(8))", directoryHint: .isDirectory)
        connectionString = "host=127.0.0.1 port=\(port) user=postgres dbname=postgres"
        socketConnectionString = "host=\(folder.path()) port=\(port) user=postgres dbname=postgres"
        self.settings = settings
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        if getuid() == 0, let user = getpwnam("postgres") {
            chown(folder.path(), user.pointee.pw_uid, user.pointee.pw_gid)
        }
        let initdb = try await Self.run(
            "initdb", ["-D", dataDirectory, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync"])
        guard initdb == 0 else { throw FixtureClusterError.commandFailed("initdb", initdb) }
    }

    /// Gives every page a checksum, as initdb does by itself from PostgreSQL 18 on. The server must be down.
    public func enableChecksums() async throws {
        let control = try await Self.run("pg_checksums", ["--check", "-D", dataDirectory])
        guard control != 0 else { return }
        let code = try await Self.run("pg_checksums", ["--enable", "--no-sync", "-D", dataDirectory])
        guard code == 0 else { throw FixtureClusterError.commandFailed("pg_checksums", code) }
    }

    /// Starts the server and waits until it answers.
    public func start() async throws {
        var arguments = ["-D", dataDirectory]
        let all = [
            "fsync": "off", "listen_addresses": "127.0.0.1", "port": "\(port)", "max_connections": "50",
            "unix_socket_directories": folder.path(), "shared_buffers": "16MB", "log_min_messages": "fatal",
        ].merging(settings) { _, own in own }
        for (name, value) in all { arguments += ["-c", "\(name)=\(value)"] }

        let deadline = ContinuousClock.now.advanced(by: .seconds(20))
        while true {
            // After a kill -9 the server refuses to start until the last of the old backends is gone.
            if postmaster?.isRunning != true { postmaster = try Self.spawn("postgres", arguments) }
            do throws(PostgresError) {
                let session = try await PostgresSession.connect(
                    connectionString, options: PostgresSessionOptions(connectTimeout: .seconds(2)))
                session.close()
                return
            } catch {
                guard ContinuousClock.now < deadline else { throw error }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    /// Kills the postmaster alone, as `kill -9` does.
    public func killPostmaster() async {
        await end(SIGKILL)
    }

    /// A fast shutdown: connections are ended, the data is written.
    public func stop() async {
        await end(SIGINT)
    }

    /// Stops or continues the postmaster and all of its children: a server that hangs.
    public func setHanging(_ isHanging: Bool) {
        guard let postmaster else { return }
        let signal = isHanging ? SIGSTOP : SIGCONT
        for process in [postmaster.processIdentifier] + Self.children(of: postmaster.processIdentifier) {
            kill(process, signal)
        }
    }

    /// Stops the server and deletes the cluster.
    public func delete() async throws {
        setHanging(false)
        await stop()
        try FileManager.default.removeItem(at: folder)
    }

    private func end(_ signal: Int32) async {
        guard let process = postmaster else { return }
        postmaster = nil
        kill(process.processIdentifier, signal)
        while process.isRunning {
            // Not cancellable: a server left behind would disturb whoever comes next.
            _ = await Task.detached { usleep(10_000) }.value
        }
    }

    private static func children(of process: pid_t) -> [pid_t] {
        let path = "/proc/\(process)/task/\(process)/children"
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
        return text.split(separator: " ").compactMap { pid_t($0) }
    }

    // MARK: Programs

    private static let binaries: URL? = {
        let root = URL(filePath: "/usr/lib/postgresql")
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root.path())) ?? []
        return versions.compactMap { Int($0) }.max().map { root.appending(path: "\($0)/bin") }
    }()

    private static func spawn(_ program: String, _ arguments: [String]) throws -> Process {
        guard let binaries else { throw FixtureClusterError.notInstalled }
        let process = Process()
        let path = binaries.appending(path: program).path()
        if getuid() == 0 {
            process.executableURL = URL(filePath: "/usr/bin/setpriv")
            process.arguments =
                ["--reuid=postgres", "--regid=postgres", "--init-groups", path] + arguments
        } else {
            process.executableURL = URL(filePath: path)
            process.arguments = arguments
        }
        process.currentDirectoryURL = URL(filePath: "/")
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    private static func run(_ program: String, _ arguments: [String]) async throws -> Int32 {
        let process = try spawn(program, arguments)
        while process.isRunning { try await Task.sleep(for: .milliseconds(10)) }
        return process.terminationStatus
    }

    /// Nobody else takes it in the moment before the server does, or the start fails and says so.
    public static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw FixtureClusterError.noPort }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 && getsockname(descriptor, pointer, &length) == 0
            }
        }
        guard bound else { throw FixtureClusterError.noPort }
        return UInt16(bigEndian: address.sin_port)
    }
}
