import Foundation
import Glibc
import LinuxSystem
import Synchronization
import Testing

@Suite struct SpawnTests {
    @Test func returnsTheExitCode() throws {
        let handle = try SpawnRequest("/bin/sh", ["-c", "exit 7"]).start()
        let observed1 = handle.hasEnded(within: 5000)
        #expect(observed1)
        let observed2 = try handle.reap()
        #expect(observed2 == 7)
    }

    @Test func aSignalIsReportedAboveOneHundredTwentyEight() throws {
        let handle = try SpawnRequest("/bin/sleep", ["60"]).start()
        let observed3 = try handle.reap()
        #expect(observed3 == nil)
        try handle.send(.kill)
        let observed4 = handle.hasEnded(within: 5000)
        #expect(observed4)
        let observed5 = try handle.reap()
        #expect(observed5 == 137)
    }

    /// A tool that outlived its harness would change the host behind the guardian's back.
    @Test func endsWithTheThreadThatStartedItWhenAsked() throws {
        for ends in [false, true] {
            let started = Mutex<ProcessIdentity?>(nil)
            let done = DispatchSemaphore(value: 0)
            Thread.detachNewThread {
                var request = SpawnRequest("/bin/sleep", ["600"], newSession: true)
                request.endsWithParent = ends
                started.withLock { $0 = try? request.start().identity }
                done.signal()
            }
            done.wait()
            let identity = try #require(started.withLock { $0 })
            let table = ProcessTable()
            let last = MonotonicClock.now() + (ends ? .seconds(10) : .milliseconds(300))
            while table.isRunning(identity), MonotonicClock.now() < last { MonotonicClock.pause(milliseconds: 5) }
            #expect(table.isRunning(identity) == !ends)
            if !ends { try ProcessHandle(opening: identity).send(.kill) }
            let reaped = MonotonicClock.now() + .seconds(5)
            while table.isRunning(identity), MonotonicClock.now() < reaped { MonotonicClock.pause(milliseconds: 5) }
            ProcessHandle.reapChild(identity.pid)
        }
    }

    @Test func namesTheStepThatFailed() {
        let error = #expect(throws: SystemError.self) { _ = try SpawnRequest("/does/not/exist").start() }
        #expect(error?.description.contains("execve") == true)
        #expect(error?.errno == .noSuchFileOrDirectory)
        let folder = #expect(throws: SystemError.self) {
            _ = try SpawnRequest("/bin/true", directory: "/does/not/exist").start()
        }
        #expect(folder?.description.contains("chdir") == true)
    }

    @Test func givesTheChildOnlyWhatItIsGiven() throws {
        let output = try OwnedDescriptor.pipe().split()
        let write = OwnedDescriptor(owning: output.write)
        let read = OwnedDescriptor(owning: output.read)
        let handle = try SpawnRequest(
            "/bin/sh", ["-c", "echo \"$ONE|$HOME\"; ls /proc/self/fd | tr '\\n' ' '"], environment: ["ONE": "1"],
            standardOutput: write.number, kept: [write.number]
        ).start()
        try write.close()
        let observed6 = handle.hasEnded(within: 5000)
        #expect(observed6)
        var buffer = [UInt8](repeating: 0, count: 256)
        var text = ""
        while true {
            let count = Glibc.read(read.number, &buffer, buffer.count)
            if count <= 0 { break }
            text += String(decoding: buffer[0..<count], as: UTF8.self)
        }
        #expect(text.hasPrefix("1|\n"))
        // 0 to 2, the kept 3, and the one with which ls reads the folder.
        #expect(text.split(separator: "\n").last == "0 1 2 3 4 ")
    }

    /// The child is born into its cgroup, where a fault may be lowering every process's limit at that very moment.
    @Test func needsNoMoreDescriptorsThanItIsGiven() throws {
        let prior = try ResourceLimit.openFiles.read(getpid())
        // No number is free below the limit but for the few that follow: how many were free depended on what ran before.
        var filling: [Int32] = []
        defer { for number in filling { Glibc.close(number) } }
        let highest = try SystemFile.entries(of: "/proc/self/fd").compactMap { Int32($0) }.max() ?? 2
        repeat { filling.append(Glibc.open("/dev/null", O_RDONLY | O_CLOEXEC)) } while filling.last ?? 0 <= highest
        let last = try #require(filling.last)
        // The child inherits it: enough for the report pipe and the pidfd of a spawn, and some for other threads here.
        try ResourceLimit.openFiles.write(getpid(), .init(soft: UInt64(last) + 8, hard: prior.hard))
        let started = Result { try SpawnRequest("/bin/true").start().identity }
        try ResourceLimit.openFiles.write(getpid(), prior)
        #expect(throws: Never.self) { try started.get() }
    }
}
