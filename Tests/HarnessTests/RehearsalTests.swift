import Cgroups
import Engine
import Faults
import Glibc
import LinuxSystem
import Scenarios
import Testing

@testable import Harness

/// On a folder that imitates a cgroup.
@Suite struct RehearsalTests {
    private let root = "/tmp/brink-rehearsal-\(getpid())-\(UInt32.random(in: .min ... .max))"

    /// What is said against a scenario's faults on a cgroup with memory knobs and no others.
    private func refusal(_ faults: [String]) async throws -> String? {
        defer { try? SystemFile.removeTree(root) }
        let scenario = try ScenarioReader.read(
            """
            apiVersion: brink/v1
            id: rehearsal
            targets: {app: {cgroup: app}}
            faults: [\(faults.map { "{\($0)}" }.joined(separator: ", "))]
            """, file: "s.yaml", faults: FaultRegistry.schemas)
        let cgroup = try CgroupHierarchy(unchecked: root).cgroup("app")
        try SystemFile.makeFolders(cgroup.folder)
        for (name, text) in ["memory.high": "67108864\n", "memory.max": "max\n", "memory.current": "50000000\n"] {
            try SystemFile.replace(cgroup.file(name), Array(text.utf8))
        }
        var target = ResolvedTarget(id: "app")
        target.cgroup = cgroup
        target.cgroupInode = try cgroup.inode()
        var made: [String: any Fault] = [:]
        for fault in scenario.faults { made[fault.id] = try FaultRegistry.make(fault, on: target) }
        do throws(HarnessError) {
            try await Rehearsal(scenario: scenario, targets: ["app": target], faults: made).run()
            return nil
        } catch {
            #expect(error.code == .preflight)
            return error.description
        }
    }

    @Test func aMissingControllerIsFoundHoweverLateTheFault() async throws {
        let said = try await refusal([
            "id: limit, at: 0s, for: 1s, memory.max: {target: app, value: 64MiB}",
            "id: slow, at: 20s, for: 1s, cpu.max: {target: app, quota: 20%}",
            "id: crowd, when: \"app.pids > 5\", for: 1s, pids.max: {target: app, value: 5}",
        ])
        let text = try #require(said)
        #expect(text.contains("fault slow cannot be injected"))
        #expect(text.contains("the cpu controller is not enabled"))
        #expect(text.contains("fault crowd cannot be injected"))
        #expect(!text.contains("fault limit"))
    }

    /// The limit is 64 MiB already: wrong for the first fault, while a later one may find another value.
    @Test func whatAnotherFaultMayYetChangeIsLeftUntilItIsDue() async throws {
        let same = { (at: String) in "id: same, at: \(at), for: 1s, memory.high: {target: app, value: 64MiB}" }
        #expect(try await refusal([same("0s")])?.contains("it is 67108864 already") == true)
        #expect(
            try await refusal(["id: other, at: 0s, for: 1s, memory.max: {target: app, value: 64MiB}", same("5s")])
                == nil)
    }
}
