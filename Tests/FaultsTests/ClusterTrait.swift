import Glibc
import LinuxSystem
import Postgres
import PostgresFixture
import Testing

/// A cluster for a suite whose tests take the server down and change its files, in ``ClusterTrait/cluster``.
///
/// It lies in memory: a process crash is no power loss, whatever the disk, and crash recovery that waits for a disk teaches
/// nothing here.
struct ClusterTrait: SuiteTrait, TestScoping {
    @TaskLocal static var cluster: ScratchCluster?

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let folder = try MemoryFolder.path(for: "server")
        try SystemFile.makeNewFolder(folder, mode: 0o700)
        defer { #expect(throws: Never.self) { try SystemFile.removeTree(folder) } }
        let entry = try #require(getpwnam("postgres"))
        let owner = SpawnRequest.Owner(user: entry.pointee.pw_uid, group: entry.pointee.pw_gid)
        try SystemFile.changeOwner(folder, to: owner)
        let cluster = try ScratchCluster(
            folder: folder, port: Int(try FixtureCluster.freePort()), maxConnections: 60,
            settings: ["shared_buffers": "16MB"], owner: owner)
        try cluster.create()
        let outcome: Result<Void, any Error>
        do {
            try await ClusterTrait.$cluster.withValue(cluster) { try await function() }
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        // Whatever state the tests have left it in.
        if let server = try? PostgresServer(running: cluster.dataDirectory) {
            try server.stop(.immediate, within: .seconds(20))
        }
        try outcome.get()
    }
}
