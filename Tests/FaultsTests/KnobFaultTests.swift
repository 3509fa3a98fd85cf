import Cgroups
import Engine
import Faults
import Glibc
import LinuxSystem
@testable import Scenarios
import Testing

/// Knob faults on a folder that imitates a cgroup.
@Suite struct KnobFaultTests {
    private let root = "/tmp/brink-knobs-\(getpid())-\(UInt32.random(in: .min ... .max))"

    private func target(_ knobs: [String: String]) throws -> ResolvedTarget {
        let cgroup = try CgroupHierarchy(unchecked: root).cgroup("app")
        try SystemFile.makeFolders(cgroup.folder)
        for (name, text) in knobs { try SystemFile.replace(cgroup.file(name), Array(text.utf8)) }
        var target = ResolvedTarget(id: "app")
        target.cgroup = cgroup
        target.cgroupInode = try cgroup.inode()
        return target
    }

    private func specification(_ name: String, _ parameters: [String: ParameterValue] = [:]) -> FaultSpecification {
        FaultSpecification(
            id: "f", name: name, target: "app", trigger: .at(.zero), duration: .seconds(1),
            parameters: Parameters(parameters))
    }

    private let memory = [
        "memory.high": "max\n", "memory.current": "10000000\n", "memory.events": "high 0\noom_kill 0\n",
    ]

    @Test(arguments: [
        (ParameterValue.bytes(1_048_577), "1048576"), (.fraction(0.5), "4997120"),
    ])
    func memoryLimitsAreWholePages(_ value: ParameterValue, _ expected: String) async throws {
        defer { try? SystemFile.removeTree(root) }
        let fault = try FaultRegistry.make(specification("memory.high", ["value": value]), on: try target(memory))
        let changes = try await fault.plan()
        #expect(changes.map(\.value) == [expected])
        #expect(changes.map(\.prior) == ["max"])
    }

    @Test func memoryHighIsSeenByEventsOrReclaim() throws {
        defer { try? SystemFile.removeTree(root) }
        let fault = try FaultRegistry.make(
            specification("memory.high", ["value": .bytes(4096)]), on: try target(memory))
        let before = ["events": 5.0, "current": 9000]
        func verify(_ now: Observation) -> Bool {
            if case .seen = fault.verify(before: before, now: now) { true } else { false }
        }
        #expect(!verify(["events": 5, "current": 9000, "limit": 8192]))
        #expect(verify(["events": 6, "current": 9000, "limit": 8192]))
        // The knob was put back meanwhile: no limit, no figure, no effect.
        #expect(!verify(["events": 5, "current": 9000]))
        #expect(verify(["events": 5, "current": 8000, "limit": 8192]))
    }

    /// The kernel leaves in the cache what was there before; what counts is where the pages since have gone.
    @Test func zswapIsSeenByWhatReachesTheDevice() throws {
        defer { try? SystemFile.removeTree(root) }
        let fault = try FaultRegistry.make(specification("memory.zswap.max"), on: try target(memory))
        let before = ["current": 9000.0, "device": 4096, "set": 0]
        func verify(_ now: Observation) -> Bool {
            if case .seen = fault.verify(before: before, now: now) { true } else { false }
        }
        #expect(verify(["current": 9000, "device": 8192, "set": 1]))
        #expect(verify(["current": 0, "device": 8192, "set": 1]))
        #expect(!verify(["current": 9000, "device": 4096, "set": 1]))
        #expect(!verify(["current": 9001, "device": 8192, "set": 1]))
        #expect(!verify(["current": 0, "device": 8192, "set": 0]))
    }

    @Test func cpuQuotaIsAShareOfThePeriod() async throws {
        defer { try? SystemFile.removeTree(root) }
        let parameters: [String: ParameterValue] = ["quota": .fraction(0.2), "period": .duration(.milliseconds(100))]
        let fault = try FaultRegistry.make(
            specification("cpu.max", parameters), on: try target(["cpu.max": "max 100000\n"]))
        #expect(try await fault.plan().map(\.value) == ["20000 100000"])
    }

    @Test func aMissingControllerIsAnErrorThatNamesIt() async throws {
        defer { try? SystemFile.removeTree(root) }
        let fault = try FaultRegistry.make(
            specification("cpu.max", ["quota": .fraction(0.2), "period": .duration(.milliseconds(100))]),
            on: try target(memory))
        let error = await #expect(throws: SystemError.self) { _ = try await fault.plan() }
        #expect(error?.description.contains("the cpu controller is not enabled") == true)
    }

    @Test func aReplacedCgroupIsNotTheTarget() async throws {
        defer { try? SystemFile.removeTree(root) }
        var settled = try target(memory)
        settled.cgroupInode = (settled.cgroupInode ?? 0) + 1
        let fault = try FaultRegistry.make(specification("memory.high", ["value": .bytes(4096)]), on: settled)
        let error = await #expect(throws: FaultError.self) { _ = try await fault.plan() }
        #expect(error?.description.contains("made anew") == true)
    }

    @Test func theWrongKindOfTargetIsRefused() throws {
        for schema in FaultRegistry.schemas where schema.targets == [.link] || schema.targets == [.postgres] {
            #expect(throws: FaultError.self) {
                _ = try FaultRegistry.make(specification(schema.name), on: try target(memory))
            }
        }
        try SystemFile.removeTree(root)
    }
}
