import Faults
@testable import Scenarios
import Testing

/// Services with a file system of their own, and what may be done to it.
@Suite struct VolumeScenarioTests {
    private func text(_ postgres: String, _ fault: String) -> String {
        """
        apiVersion: brink/v1
        id: disk
        services: {db: {postgres: {\(postgres)}}, job: {command: {path: /bin/sleep}}}
        targets: {db: {service: db}, job: {service: job}, pg: {postgres: {data: /d}}}
        faults:
        - {id: f, at: 1s, for: 1s, \(fault)}
        """
    }

    private func read(_ postgres: String, _ fault: String) throws(InvalidScenario) -> Scenario {
        try ScenarioReader.read(text(postgres, fault), file: "s.yaml", faults: FaultRegistry.schemas)
    }

    @Test func readsTheVolumeAndItsFaults() throws {
        let scenario = try read("volume: 512MiB", "disk.delay: {target: db, read: 20ms, write: 50ms}")
        guard case .postgres(let settings) = scenario.services[0].kind else { Issue.record("no PostgreSQL"); return }
        #expect(settings.volume == 536_870_912)
        #expect(settings.maxConnections == 100)
        #expect(scenario.targets[0].kinds(services: scenario.services).contains(.volume))
        #expect(scenario.faults[0].parameters.duration("read") == .milliseconds(20))
        let flaky = try read("volume: 512MiB", "disk.flaky: {target: db, mode: drop_writes}").faults[0]
        #expect(flaky.parameters.text("mode") == "drop_writes")
        #expect(flaky.parameters.duration("up") == .zero)
        #expect(flaky.parameters.duration("down") == .seconds(1))
    }

    @Test func aClusterHasNoVolumeUnlessItAsksForOne() throws {
        let scenario = try read("maxConnections: 20", "disk.fsync: {target: db}")
        guard case .postgres(let settings) = scenario.services[0].kind else { Issue.record("no PostgreSQL"); return }
        #expect(settings.volume == nil)
        #expect(!scenario.targets[0].kinds(services: scenario.services).contains(.volume))
    }

    @Test(arguments: [
        ("", "disk.delay: {target: db, read: 20ms}", "postgres: {volume: 512MiB}"),
        ("volume: 512MiB", "disk.delay: {target: job, read: 20ms}", "needs a target that is a volume"),
        ("volume: 512MiB", "disk.flaky: {target: pg, mode: drop_writes}", "needs a target that is a volume"),
        ("volume: 512MiB", "disk.flaky: {target: db}", "mode"),
        ("volume: 512MiB", "disk.flaky: {target: db, mode: errors}", "error_reads, error_writes, drop_writes"),
        ("volume: 64MiB", "disk.delay: {target: db, read: 20ms}", "volume must be a size from 128MiB"),
        ("volume: 2TiB", "disk.delay: {target: db, read: 20ms}", "volume must be a size from 128MiB"),
        ("volume: big", "disk.delay: {target: db, read: 20ms}", "such as 512MiB"),
        ("volume: 512", "disk.delay: {target: db, read: 20ms}", "such as 512MiB"),
    ])
    func refuses(_ postgres: String, _ fault: String, _ expected: String) {
        do throws(InvalidScenario) {
            _ = try read(postgres, fault)
            Issue.record("accepted")
        } catch {
            #expect(error.diagnostics.contains { $0.description.contains(expected) }, "\(error.diagnostics)")
        }
    }

    @Test func theWALCanHaveOneOfItsOwn() throws {
        let scenario = try read("walVolume: 256MiB", "disk.full: {target: db, path: pg_wal}")
        #expect(scenario.services[0].volumes.map(\.name) == ["db+wal"])
        #expect(scenario.services[0].volumes.map(\.bytes) == [268_435_456])
        // Whose device is slow or flaky is the data's.
        #expect(!scenario.targets[0].kinds(services: scenario.services).contains(.volume))
        let both = try read("volume: 512MiB, walVolume: 256MiB", "disk.full: {target: db, path: pg_wal}")
        #expect(both.services[0].volumes.map(\.name) == ["db", "db+wal"])
        #expect(both.services[1].volumes.isEmpty)
    }
}
