import Cgroups
import Engine
import Faults
import Glibc
import LinuxSystem
import Scenarios
import Testing

@testable import Harness

/// On real processes of this test's own; what needs cgroups is among the privileged tests.
@Suite struct TargetResolverTests {
    private func resolve(_ kind: Target.Kind) async throws -> ResolvedTarget {
        let table = ProcessTable()
        let resolver = TargetResolver(
            hierarchy: CgroupHierarchy(unchecked: "/nowhere"), table: table,
            protection: Protection(table: table, harness: getpid(), companions: []), seed: 1)
        return try await resolver.resolve(Target(id: "app", kind: kind), nil)
    }

    private func refusal(_ kind: Target.Kind) async -> String {
        do {
            return "resolved \(String(describing: try await resolve(kind).process))"
        } catch {
            return "\(error)"
        }
    }

    @Test func aNameMustBeThatOfOneTree() async throws {
        let name = "brink-target-\(UInt32.random(in: .min ... .max))"
        let path = "/tmp/\(name)"
        try SystemFile.replace(path, try SystemFile.read("/bin/sleep"), mode: 0o755)
        defer { try? SystemFile.removeTree(path) }
        #expect(
            await refusal(.processName(name)) == "target app: no process is called \(name), nor its executable")

        let first = try SpawnRequest(path, ["1000"]).start()
        #expect(try await resolve(.processName(name)).process == first.identity)

        let second = try SpawnRequest(path, ["1000"]).start()
        let pids = [first.identity.pid, second.identity.pid].sorted()
        #expect(
            await refusal(.processName(name)).contains(
                "2 separate processes are called \(name): pids \(pids[0]), \(pids[1])"))
        try first.send(.kill)
        try second.send(.kill)
        let ended = [first.hasEnded(within: 5000), second.hasEnded(within: 5000)]
        #expect(ended == [true, true])
        _ = try first.reap()
        _ = try second.reap()
    }

    /// What is protected stays so, however it is named.
    @Test func thisProcessIsRefusedByNameToo() async throws {
        let own = try ProcessTable().executable(of: getpid()).split(separator: "/").last.map(String.init)
        let message = await refusal(.processName(try #require(own)))
        #expect(message.contains("refused: pid") || message.contains("separate processes are called"))
    }
}
