import Faults
import Glibc
import LinuxSystem
import Scenarios
import Testing

@testable import Harness

/// On a folder that imitates a cgroup file system.
@Suite struct RunPlanTests {
    private let root = "/tmp/brink-plan-\(getpid())-\(UInt32.random(in: .min ... .max))"

    @Test(arguments: [
        ("brink.slice", true), ("brink1.slice", true), ("brink12.slice", true), ("brinkx.slice", false),
        ("system.slice", false), ("brink", false), ("mybrink.slice", false),
    ])
    func treesOfRuns(_ name: String, _ isOne: Bool) {
        #expect(HostTree.isSlice(name) == isOne)
    }

    private func lines(_ scenario: String, slice: [String: String]? = nil) async throws -> [String] {
        defer { try? SystemFile.removeTree(root) }
        try SystemFile.makeFolders(root)
        try SystemFile.replace("\(root)/cgroup.subtree_control", Array("cpu memory\n".utf8))
        if let slice {
            try SystemFile.makeFolders("\(root)/brink.slice")
            for (name, text) in slice { try SystemFile.replace("\(root)/brink.slice/\(name)", Array(text.utf8)) }
        }
        var settings = Settings()
        settings.cgroupRoot = root
        let parsed = try ScenarioReader.read(scenario, file: "s.yaml", faults: FaultRegistry.schemas)
        let before = try SystemFile.entries(of: root)
        let lines = await RunPlan(settings: settings).lines(for: parsed)
        #expect(try SystemFile.entries(of: root) == before)
        return lines.map { $0.replacing(root, with: "R") }
    }

    /// Whether one line follows the other.
    private func has(_ write: String, _ undo: String, in lines: [String]) -> Bool {
        zip(lines, lines.dropFirst()).contains { $0 == ("    write: \(write)", "    undo:  \(undo)") }
    }

    private let scenario = """
        apiVersion: brink/v1
        id: plan
        services: {db: {postgres: {volume: 200MiB}}, app: {bookshop: {database: link}}}
        targets: {app: {service: app}, link: {tcpProxy: {listen: "127.0.0.1:6432", upstream: db}}}
        faults:
        - {id: squeeze, at: 1s, for: 5s, memory.high: {target: app, value: 70%}}
        - {id: cap, at: 1s, for: 5s, memory.max: {target: app, value: 100001KiB}}
        - {id: starve, at: 2s, for: 4s, cpu.max: {target: app, quota: 20%}}
        - {id: lag, at: 2s, for: 4s, toxic.latency: {target: link, latency: 40ms}}
        """

    @Test func everyWriteHasItsUndo() async throws {
        let lines = try await lines(scenario)
        let writes = lines.count { $0.hasPrefix("    write: ") }
        #expect(writes > 20)
        #expect(lines.count { $0.hasPrefix("    undo:  ") } == writes)
    }

    @Test func theLayoutIsToldKnobByKnob() async throws {
        let lines = try await lines(scenario)
        #expect(
            has(
                "R/cgroup.subtree_control ← +io +pids (now cpu memory)", "R/cgroup.subtree_control ← -io -pids",
                in: lines))
        #expect(has("make the cgroup R/brink.slice", "kill what is in it and remove it", in: lines))
        #expect(has("R/brink.slice/control/memory.min ← 134217728", "goes with its cgroup", in: lines))
        #expect(has("R/brink.slice/control/cpu.weight ← 2000", "goes with its cgroup", in: lines))
    }

    /// A slice that was there before gets its own values back.
    @Test func theLayoutOfASliceThatIsThere() async throws {
        let slice = ["memory.min": "0\n", "cgroup.subtree_control": "cpu io memory pids\n"]
        let lines = try await lines(scenario, slice: slice)
        #expect(
            has("R/brink.slice/memory.min ← 150994944 (now 0)", "R/brink.slice/memory.min ← 0", in: lines))
        #expect(!lines.contains { $0.contains("R/brink.slice/cgroup.subtree_control") })
        #expect(!lines.contains("    write: make the cgroup R/brink.slice"))
    }

    @Test func faultsOnServicesAreToldByFileAndValue() async throws {
        let lines = try await lines(scenario)
        let app = "R/brink.slice/app"
        for (knob, value) in [
            ("memory.high", "70.0% of the bytes that memory.current then shows"), ("memory.max", "102400000"),
            ("cpu.max", "20000 100000"),
        ] {
            let file = "\(app)/\(knob)"
            let isTold = has(
                "\(file) ← \(value) (once service app runs)", "\(file) ← the bytes that it then holds", in: lines)
            #expect(isTold, "\(knob): \(lines)")
        }
        let lag = try #require(lines.first { $0.contains("write: toxic.latency") })
        #expect(lag.contains("latency 40ms") && lag.contains("on link 127.0.0.1:6432 → db"), "\(lag)")
    }
}
