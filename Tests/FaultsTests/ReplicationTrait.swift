import Glibc
import LinuxSystem
import Postgres
import PostgresFixture
import Testing

/// A primary and a standby that streams from it, both in memory, for a suite that comes between them.
struct ReplicationTrait: SuiteTrait, TestScoping {
    @TaskLocal static var pair: ReplicationPair?

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let folder = try MemoryFolder.path(for: "replication")
        try SystemFile.makeNewFolder(folder, mode: 0o711)
        defer { #expect(throws: Never.self) { try SystemFile.removeTree(folder) } }
        let pair = try ReplicationPair(in: folder)
        defer { pair.stop() }
        try await pair.start()
        try await ReplicationTrait.$pair.withValue(pair) { try await function() }
    }
}

/// Two clusters of a test's own.
struct ReplicationPair: Sendable {
    let primary: ScratchCluster
    let standby: ScratchCluster
    private let folder: String

    init(in folder: String) throws {
        self.folder = folder
        primary = try ReplicationPair.cluster("db", in: folder)
        standby = try ReplicationPair.cluster("standby", in: folder)
    }

    private static func cluster(_ name: String, in folder: String) throws -> ScratchCluster {
        let entry = try #require(getpwnam("postgres"))
        let owner = SpawnRequest.Owner(user: entry.pointee.pw_uid, group: entry.pointee.pw_gid)
        let home = "\(folder)/\(name)"
        try SystemFile.makeNewFolder(home, mode: 0o700)
        try SystemFile.changeOwner(home, to: owner)
        return try ScratchCluster(
            folder: home, port: Int(try FixtureCluster.freePort()), maxConnections: 20,
            settings: ["shared_buffers": "16MB"], owner: owner)
    }

    func start() async throws {
        try primary.create()
        _ = try primary.start(cgroup: nil)
        let session = try await PostgresSession.connect(primary.connection())
        defer { session.close() }
        try await session.execute("CREATE TABLE t (n int)")
        try await follow(standby, as: "Standby-1")
    }

    /// Another standby, for a test that does not give it back.
    func anotherStandby(_ name: String) async throws -> ScratchCluster {
        let cluster = try ReplicationPair.cluster(name, in: folder)
        try await follow(cluster, as: name)
        return cluster
    }

    private func follow(_ cluster: ScratchCluster, as name: String) async throws {
        try cluster.createStandby(ofPort: primary.port, name: name)
        _ = try cluster.start(cgroup: nil)
        let session = try await PostgresSession.connect(cluster.connection())
        defer { session.close() }
        let end = MonotonicClock.now() + .seconds(10)
        while try await !StandbyStatus(asking: session).isStreaming, MonotonicClock.now() < end {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(try await StandbyStatus(asking: session).isStreaming)
    }

    func stop() {
        for cluster in [standby, primary] { stop(cluster) }
    }

    func stop(_ cluster: ScratchCluster) {
        // One that a failed start left out does not run.
        guard let server = try? PostgresServer(running: cluster.dataDirectory) else { return }
        #expect(throws: Never.self) { try server.stop(.immediate, within: .seconds(20)) }
    }
}
