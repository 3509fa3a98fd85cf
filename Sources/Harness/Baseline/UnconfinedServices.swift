import Engine
import Faults
import IssuerClient
import Journal
import LinuxSystem
import PlainHTTP
import Postgres

/// Starts the reference service with its database and its issuer, in no cgroup of their own.
struct UnconfinedServices: Sendable {
    /// The scratch folder, which the journal removes.
    let folder: String
    let journal: JournalWriter
    /// Folder of the templates of clusters.
    let templates: String
    let patience: Duration

    func startPostgres() async throws -> (connection: String, port: Int, server: PostgresServer) {
        let owner = try Account.named("postgres")
        let home = "\(folder)/db"
        try SystemFile.makeFolders(home, mode: 0o700)
        try SystemFile.changeOwner(home, to: owner)
        let cluster = try ScratchCluster(folder: home, port: try FreePort.find(), maxConnections: 60, owner: owner)
        let template = try ClusterTemplate(
            in: templates, name: "shop",
            makers: [
                "\(try PostgresInstallation.newest().binaries)/postgres", try ProgramFolder.path(of: "bookshop"),
            ])
        let isCopy = try await Blocking.run { try cluster.create(from: template) }
        let server = try await Blocking.run { try cluster.start(cgroup: nil) }
        try record(try server.postmaster())
        let connection = "host=127.0.0.1 port=\(cluster.port) \(ServiceLauncher.session)"
        if !isCopy { try await fill(cluster, connection) }
        return (connection, cluster.port, server)
    }

    func startIssuer() async throws -> IssuerClient {
        let port = try FreePort.find()
        let secret = ServiceLauncher.newSecret()
        let process = try launch(
            "issuer", ["--port", String(port)], environment: ["ISSUER_CONTROL_TOKEN": secret])
        try await wait(for: "the issuer", process) { await Listener.answers("127.0.0.1", port) }
        return IssuerClient(address: "127.0.0.1:\(port)", controlToken: secret)
    }

    func startBookshop(
        database: String, issuer: IssuerClient
    ) async throws -> (address: String, secret: String, process: ProcessIdentity) {
        let port = try FreePort.find()
        let secret = ServiceLauncher.newSecret()
        let process = try launch(
            "bookshop",
            [
                "serve", "--host", "127.0.0.1", "--port", String(port), "--pool-size", "16", "--cache-ttl", "60s",
                "--jwks-url", issuer.keySetURL,
            ], environment: ["BOOKSHOP_DATABASE": database, "BOOKSHOP_CONTROL_TOKEN": secret])
        let client = PlainHTTPClient()
        defer { client.close() }
        try await wait(for: "bookshop", process) {
            let answer = try? await client.send(.GET, "http://127.0.0.1:\(port)/ready", within: .seconds(2))
            return answer?.status == 200
        }
        return ("127.0.0.1:\(port)", secret, process)
    }

    /// Gives a new cluster what every service finds in it.
    private func fill(_ cluster: ScratchCluster, _ connection: String) async throws {
        let session = try await PostgresSession.connect(cluster.connection())
        defer { session.close() }
        _ = try await session.query("CREATE ROLE \(ServiceLauncher.database) LOGIN")
        _ = try await session.query("CREATE DATABASE \(ServiceLauncher.database) OWNER \(ServiceLauncher.database)")
        let process = try launch("bookshop", ["migrate"], environment: ["BOOKSHOP_DATABASE": connection])
        let end = MonotonicClock.now() + patience
        while ProcessTable().isRunning(process) {
            guard MonotonicClock.now() < end else {
                throw HarnessError(.preflight, "bookshop migrate does not end; see \(log(of: "bookshop"))")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private func launch(
        _ program: String, _ arguments: [String], environment: [String: String]
    ) throws -> ProcessIdentity {
        var variables = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"]
        variables.merge(environment) { _, new in new }
        let request = SpawnRequest(
            try ProgramFolder.path(of: program), arguments, environment: variables, directory: "/", newSession: true)
        let process = try ServiceStart.launch(request, log: log(of: program))
        try record(process)
        return process
    }

    /// A process has no identity before it runs, so that its undo is recorded at once after that.
    private func record(_ process: ProcessIdentity) throws {
        for number in try journal.intend([.end(process)], owner: "services") { try journal.applied(number) }
    }

    private func log(of program: String) -> String { "\(folder)/\(program).log" }

    private func wait(
        for what: String, _ process: ProcessIdentity, _ isThere: () async -> Bool
    ) async throws {
        let end = MonotonicClock.now() + patience
        while !(await isThere()) {
            try Task.checkCancellation()
            guard ProcessTable().isRunning(process), MonotonicClock.now() < end else {
                throw HarnessError(.preflight, "\(what) does not answer; see \(folder)")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
