import Glibc
import LinuxSystem
import Postgres
import PostgresFixture
import Testing

@Suite struct ClusterTemplateTests {
    private func cluster(in folder: String, _ name: String) throws -> ScratchCluster {
        let entry = try #require(getpwnam("postgres"))
        let owner = SpawnRequest.Owner(user: entry.pointee.pw_uid, group: entry.pointee.pw_gid)
        let home = "\(folder)/\(name)"
        try SystemFile.makeNewFolder(home, mode: 0o700)
        try SystemFile.changeOwner(home, to: owner)
        return try ScratchCluster(
            folder: home, port: Int(try FixtureCluster.freePort()), maxConnections: 20,
            settings: ["shared_buffers": "16MB"], owner: owner)
    }

    /// A template is used by those who would make the same one, and by nobody else.
    @Test func copiesHoldWhatTheFirstHeld() async throws {
        let folder = try MemoryFolder.path(for: "template")
        try SystemFile.makeNewFolder(folder, mode: 0o711)
        defer { #expect(throws: Never.self) { try SystemFile.removeTree(folder) } }
        let maker = "\(folder)/maker"
        try SystemFile.replace(maker, Array("first".utf8))
        let template = try ClusterTemplate(in: "\(folder)/templates", name: "shop", makers: [maker])

        let first = try cluster(in: folder, "first")
        #expect(try first.create(from: template) == false)
        let server = try first.start(cgroup: nil)
        let session = try await PostgresSession.connect(first.connection())
        try await session.query("CREATE TABLE kept AS SELECT 42 AS answer")
        session.close()
        try server.stop(.fast, within: .seconds(20))
        try first.keep(as: template)

        let second = try cluster(in: folder, "second")
        #expect(try second.create(from: template, isFlushed: true))
        let copy = try second.start(cgroup: nil)
        let asked = try await PostgresSession.connect(second.connection())
        #expect(try await asked.query("SELECT answer FROM kept")[0, 0] == "42")
        #expect(try await asked.query("SHOW port")[0, 0] == "\(second.port)")
        asked.close()
        try copy.stop(.fast, within: .seconds(20))

        // Another build of what makes it: the old template is not used, and goes when a new one comes.
        try SystemFile.replace(maker, Array("second one".utf8))
        let other = try ClusterTemplate(in: "\(folder)/templates", name: "shop", makers: [maker])
        let third = try cluster(in: folder, "third")
        #expect(try third.create(from: other) == false)
        try third.keep(as: other)
        let names = try SystemFile.entries(of: "\(folder)/templates").filter { $0 != "lock" }
        #expect(names.count == 1)
    }
}
