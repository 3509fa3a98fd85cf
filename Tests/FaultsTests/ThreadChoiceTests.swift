import Cgroups
import Engine
import Glibc
import LinuxSystem
import Scenarios
import Testing

@testable import Faults

/// Faults on some of a process's threads. They lower nothing, so that no privilege is needed.
@Suite struct ThreadChoiceTests {
    private func fault(_ thread: String, on target: ResolvedTarget) throws -> PriorityFault {
        try PriorityFault(
            FaultSpecification(
                id: "f", name: "process.priority", target: "t", trigger: .at(.zero), duration: .seconds(1),
                parameters: Parameters(["nice": .integer(7), "thread": .text(thread)])), on: target)
    }

    private func withProgram(_ body: (ResolvedTarget, _ threads: [Int32]) async throws -> Void) async throws {
        let script = """
            import threading, time
            def work():
                open("/proc/self/task/%d/comm" % threading.get_native_id(), "w").write("worker")
                time.sleep(60)
            for _ in range(2): threading.Thread(target=work, daemon=True).start()
            time.sleep(60)
            """
        let program = try SpawnRequest("/usr/bin/python3", ["-c", script]).start()
        let table = ProcessTable()
        let pid = program.identity.pid
        while try table.threads(of: pid).filter({ try table.status(of: $0).name == "worker" }).count < 2 {
            MonotonicClock.pause(milliseconds: 5)
        }
        var target = ResolvedTarget(id: "t", table: table)
        target.process = program.identity
        try await body(target, try table.threads(of: pid))
        try program.send(.kill)
        let ended = program.hasEnded(within: 5000)
        #expect(ended)
        _ = try program.reap()
    }

    @Test(arguments: [("all", ["7", "7", "7"]), ("main", ["7", "0", "0"]), ("worker", ["0", "7", "7"])])
    func changesTheChosenOnes(_ thread: String, _ nice: [String]) async throws {
        try await withProgram { target, threads in
            let fault = try fault(thread, on: target)
            let before = try await fault.observe()
            guard case .notYet = fault.verify(before: before, now: before) else {
                Issue.record("seen before it was there")
                return
            }
            for change in try await fault.plan() { try await change.apply() }
            #expect(try threads.map { try ProcessAttribute.nice.read($0) } == nice)
            let now = try await fault.observe()
            guard case .seen(let text) = fault.verify(before: before, now: now) else {
                Issue.record("\(now)")
                return
            }
            let count = nice.filter { $0 == "7" }.count
            #expect(text.contains("\(count) of \(count)"), "\(text)")
        }
    }

    @Test func aNameThatNoThreadHasChangesNothing() async throws {
        try await withProgram { target, _ in
            let fault = try fault("nobody", on: target)
            let error = await #expect(throws: FaultError.self) { _ = try await fault.plan() }
            let said = "\(error.map { "\($0)" } ?? "")"
            #expect(said.contains("it has no threads called nobody"), "\(said)")
        }
    }

    @Test(arguments: ["", "sixteen letters."]) func whatCanBeNoNameIsRefused(_ name: String) throws {
        let target = ResolvedTarget(id: "t", table: ProcessTable())
        #expect(throws: FaultError.self) { _ = try fault(name, on: target) }
    }
}
