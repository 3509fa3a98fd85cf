import Engine
import Faults
import Glibc
import LinuxSystem
import Scenarios
import Testing

/// A program that was started for a run, ended and started again.
@Suite struct ServiceRestartTests {
    private let log = "/tmp/brink-restart-\(getpid())-\(UInt32.random(in: .min ... .max)).log"

    private func target(_ program: String, _ arguments: [String]) throws -> (ResolvedTarget, ServiceStart) {
        let request = SpawnRequest(program, arguments, newSession: true)
        let start = ServiceStart(request, log: log, process: try ServiceStart.launch(request, log: log))
        var target = ResolvedTarget(id: "app")
        target.process = start.process
        target.start = start
        return (target, start)
    }

    private func end(_ start: ServiceStart) throws {
        let handle = try ProcessHandle(opening: start.process)
        try handle.send(.kill)
        let hasEnded = handle.hasEnded(within: 5000)
        #expect(hasEnded)
        try SystemFile.removeTree(log)
    }

    @Test(arguments: ["TERM", "KILL"])
    func isEndedAndStartedAgain(_ signal: String) async throws {
        let (target, start) = try target("/bin/sleep", ["60"])
        let first = start.process
        let course = try FaultCourse("service.restart", ["signal": signal], on: target)
        try await course.run {
            #expect(!ProcessTable().isRunning(first) && start.process == first)
            #expect(await course.evidence == "\(first) has ended")
        }
        #expect(start.process.pid != first.pid && ProcessTable().isRunning(start.process))
        let commands = try [start.process].map { try SystemFile.readText("/proc/\($0.pid)/cmdline") }
        #expect(commands == ["/bin/sleep\u{0}60\u{0}"])
        try end(start)
    }

    /// One that takes no TERM is killed when its time is over.
    @Test func isKilledInTheEnd() async throws {
        let (target, start) = try target(
            "/bin/bash", ["-c", "trap '' TERM; echo ready; while :; do read -t 60 <> <(:); done"])
        let first = start.process
        while try !SystemFile.readText(log).contains("ready") { try await Task.sleep(for: .milliseconds(10)) }
        try await FaultCourse("service.restart", ["patience": "300ms"], on: target).run {
            #expect(!ProcessTable().isRunning(first))
        }
        #expect(start.process != first)
        try end(start)
    }

    @Test func oneThatEndedByItselfIsNotHit() async throws {
        let (target, start) = try target("/bin/true", [])
        while ProcessTable().isRunning(start.process) { try await Task.sleep(for: .milliseconds(10)) }
        await #expect(throws: (any Error).self) {
            try await FaultCourse("service.restart", [:], on: target).run {}
        }
        try SystemFile.removeTree(log)
    }

    @Test func whatIsNotStartedAgainIsRefused() throws {
        var target = ResolvedTarget(id: "db")
        target.process = try ProcessTable().ownIdentity()
        #expect(throws: FaultError.self) { try FaultCourse("service.restart", [:], on: target) }
    }
}
