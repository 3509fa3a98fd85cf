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

    @Test(arguments: [(0, false), (1, true), (2, true), (3, false), (6, true)])
    func knowsRealTimeByThePolicy(_ policy: Int, _ isRealTime: Bool) throws {
        let root = "/tmp/brink-proc-\(getpid())-\(UInt32.random(in: .min ... .max))"
        defer { try? SystemFile.removeTree(root) }
        try SystemFile.makeFolders("\(root)/7")
        // Fields 3 to 40, the policy, and what follows it.
        let line = "7 (a) 1 (b)) S " + Array(repeating: "0", count: 37).joined(separator: " ") + " \(policy) 0 0\n"
        try SystemFile.replace("\(root)/7/stat", Array(line.utf8))
        #expect(try ProcessTable(root: root).isRealTime(7) == isRealTime)
    }

    @Test func ageCountsFromTheStart() throws {
        let before = MonotonicClock.now()
        let program = try SpawnRequest("/bin/sleep", ["60"]).start()
        MonotonicClock.pause(milliseconds: 100)
        let age = try ProcessTable().age(of: program.identity.pid)
        let most = MonotonicClock.now() - before
        try program.send(.kill)
        // The kernel counts starts in hundredths of a second.
        #expect(age > .milliseconds(80) && age < most + .milliseconds(20))
    }

    @Test func anotherStartTimeIsAnotherProcess() throws {
        let own = try table.ownIdentity()
        let earlier = ProcessIdentity(pid: own.pid, startTime: own.startTime - 1, bootID: own.bootID)
        #expect(!table.isRunning(earlier))
        let rebooted = ProcessIdentity(pid: own.pid, startTime: own.startTime, bootID: "another")
        #expect(!table.isRunning(rebooted))
        #expect(throws: SystemError.self) { _ = try ProcessHandle(opening: earlier) }
    }

    @Test func addsUpTheThreadsWaitForACPU() throws {
        let root = "/tmp/brink-schedstat-\(getpid())-\(UInt32.random(in: .min ... .max))"
        defer { try? SystemFile.removeTree(root) }
        for (thread, line) in [(7, "5000000 1500000000 12\n"), (8, "1 250000000 3\n")] {
            try SystemFile.makeFolders("\(root)/7/task/\(thread)")
            try SystemFile.replace("\(root)/7/task/\(thread)/schedstat", Array(line.utf8))
        }
        #expect(try ProcessTable(root: root).waitForCPU(of: 7) == .milliseconds(1750))
        #expect(throws: SystemError.self) { try ProcessTable(root: root).waitForCPU(of: 8) }
    }
}
