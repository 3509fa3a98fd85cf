import Cgroups
import Engine
import Faults
import Glibc
import LinuxSystem
@testable import Scenarios
import Testing

/// Which way a unit's knobs are written. No systemd is there to answer, so what goes to it says so.
@Suite(.enabled(if: !SystemFile.exists("/run/systemd/private"), "systemd runs here")) struct UnitKnobFaultTests {
    private let root = "/tmp/brink-unit-knobs-\(getpid())-\(UInt32.random(in: .min ... .max))"

    private func fault(_ name: String, _ parameters: [String: ParameterValue], isUnit: Bool) throws -> any Fault {
        let cgroup = try CgroupHierarchy(unchecked: root).cgroup("system.slice/a.service")
        try SystemFile.makeFolders(cgroup.folder)
        for (knob, text) in [
            ("memory.high", "max"), ("memory.current", "10000000"), ("pids.max", "9"), ("pids.current", "1"),
            ("cpu.max", "max 100000"), ("cpu.weight", "100"), ("cpu.idle", "0"), ("cgroup.freeze", "0"),
            ("memory.oom.group", "0"),
        ] { try SystemFile.replace(cgroup.file(knob), Array("\(text)\n".utf8)) }
        var target = ResolvedTarget(id: "app")
        target.cgroup = cgroup
        target.cgroupInode = try cgroup.inode()
        if isUnit { target.unit = UnitTarget(name: "a.service", dropIns: "\(root)/a.service.d", keptFolders: []) }
        let specification = FaultSpecification(
            id: "f", name: name, target: "app", trigger: .at(.zero), duration: .seconds(1),
            parameters: Parameters(parameters))
        return try FaultRegistry.make(specification, on: target)
    }

    @Test(
        arguments: [
            ("memory.high", ["value": .bytes(4096)]), ("pids.max", ["value": .integer(3)]),
            ("cpu.max", ["quota": .fraction(0.2)]), ("cpu.weight", ["value": .integer(7)]), ("cpu.idle", [:]),
        ] as [(String, [String: ParameterValue])])
    func whatSystemdKeepsIsAskedOfIt(_ name: String, _ parameters: [String: ParameterValue]) async throws {
        defer { try? SystemFile.removeTree(root) }
        let straight = try await fault(name, parameters, isUnit: false).plan()
        #expect(straight.count == 1)
        let unit = try fault(name, parameters, isUnit: true)
        let error = await #expect(throws: SystemError.self) { try await unit.plan() }
        #expect(error?.description.contains("reach systemd") == true)
    }

    @Test(
        arguments: [("cgroup.freeze", [:]), ("memory.oom.group", ["all": .flag(true)]), ("cgroup.stutter", [:])]
            as [(String, [String: ParameterValue])])
    func otherKnobsAreWrittenStraight(_ name: String, _ parameters: [String: ParameterValue]) async throws {
        defer { try? SystemFile.removeTree(root) }
        let changes = try await fault(name, parameters, isUnit: true).plan()
        #expect(changes.map(\.value) == ["1"] || name == "cgroup.stutter" && changes.count == 1)
    }
}
