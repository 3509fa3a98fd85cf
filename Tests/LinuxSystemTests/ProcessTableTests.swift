import Glibc
import LinuxSystem
import Testing

@Suite struct ProcessTableTests {
    private let table = ProcessTable()

    @Test func parsesNamesWithSpacesAndParentheses() throws {
        let line = "42 (a) b (c)) S 7 1 1 0 -1 4194560 1 0 0 0 12 30 0 0 20 0 1 0 987654 1 1 0"
        let status = try #require(ProcessStatus(line))
        #expect(status.name == "a) b (c)")
        #expect(status.parent == 7)
        #expect(status.cpuTicks == 42)
        #expect(status.startTime == 987_654)
        #expect(!status.isKernelThread)
    }

    @Test(arguments: ["", "1", "1 (", "1 (x", "1 (x) S", "x (y) S 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"])
    func refusesWhatIsNoStatusLine(_ line: String) {
        #expect(ProcessStatus(line) == nil)
    }

    @Test func knowsItself() throws {
        let own = try table.ownIdentity()
        #expect(own.pid == getpid())
        #expect(table.isRunning(own))
        #expect(try table.ancestors(of: own.pid).last == 1 || getppid() == 0)
        #expect(try table.arguments(of: own.pid).isEmpty == false)
    }

    @Test func anotherStartTimeIsAnotherProcess() throws {
        let own = try table.ownIdentity()
        let earlier = ProcessIdentity(pid: own.pid, startTime: own.startTime - 1, bootID: own.bootID)
        #expect(!table.isRunning(earlier))
        let rebooted = ProcessIdentity(pid: own.pid, startTime: own.startTime, bootID: "another")
        #expect(!table.isRunning(rebooted))
        #expect(throws: SystemError.self) { _ = try ProcessHandle(opening: earlier) }
    }
}
