import Glibc
import LinuxSystem
import Postgres
import Testing

/// A PostgreSQL cluster that Brink has not made, and that runs already unless told otherwise.
struct ForeignCluster {
    let folder: String
    let cluster: ScratchCluster
    let owner: SpawnRequest.Owner
    private let running: PostgresServer?

    init(isStarted: Bool = true) throws {
        folder = "/var/tmp/foreign-\(UInt32.random(in: 0 ... .max))"
        try SystemFile.makeNewFolder(folder, mode: 0o700)
        let entry = try #require(getpwnam("postgres"))
        owner = SpawnRequest.Owner(user: entry.pointee.pw_uid, group: entry.pointee.pw_gid)
        try SystemFile.changeOwner(folder, to: owner)
        cluster = try ScratchCluster(
            folder: folder, port: Int.random(in: 20_000...30_000), maxConnections: 30,
            // A deadlock is to be found well within the fault that makes it.
            settings: ["deadlock_timeout": "100ms"], owner: owner)
        try cluster.create()
        running = isStarted ? try cluster.start(cgroup: nil) : nil
    }

    var server: PostgresServer {
        get throws { try #require(running) }
    }

    /// The first value that the server answers.
    func ask(_ question: String) async throws -> String? {
        let session = try await PostgresSession.connect(cluster.connection())
        defer { session.close() }
        return try await session.query(question)[0, 0]
    }

    func remove() throws {
        if let running { try running.stop(.immediate, within: .seconds(30)) }
        try SystemFile.removeTree(folder)
    }

    var configuration: [UInt8] {
        get throws { try SystemFile.read("\(cluster.dataDirectory)/postgresql.auto.conf") }
    }
}
