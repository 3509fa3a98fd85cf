import Glibc
import Journal
import LinuxSystem
import Testing

@Suite struct UndoExecutorTests {
    private let folder: String
    private let executor = UndoExecutor()

    init() throws {
        folder = "/tmp/brink-undo-\(getpid())-\(UInt32.random(in: .min ... .max))"
        try SystemFile.makeFolders(folder)
    }

    private func knob(prior: String, injected: String, now: String) throws -> UndoAction {
        try SystemFile.replace("\(folder)/memory.high", Array(now.utf8))
        return .restoreKnob(
            UndoAction.Knob(
                file: "\(folder)/memory.high", inode: try SystemFile.inode(of: folder), prior: Array(prior.utf8),
                injected: Array(injected.utf8)))
    }

    @Test func putsBackTheExactBytes() throws {
        defer { try? SystemFile.removeTree(folder) }
        let action = try knob(prior: "max\n", injected: "4096\n", now: "4096\n")
        #expect(executor.undo(action) == .restored)
        #expect(try SystemFile.read("\(folder)/memory.high") == Array("max\n".utf8))
        #expect(executor.undo(action) == .alreadyRestored)
    }

    @Test func leavesAloneWhatSomeoneElseWrote() throws {
        defer { try? SystemFile.removeTree(folder) }
        let action = try knob(prior: "max\n", injected: "4096\n", now: "8192\n")
        guard case .conflict(let detail) = executor.undo(action) else { Issue.record("no conflict"); return }
        #expect(detail.contains("8192"))
        #expect(try SystemFile.readText("\(folder)/memory.high") == "8192")
    }

    @Test func anotherCgroupOfTheSameNameIsNotTouched() throws {
        let action = try knob(prior: "max\n", injected: "4096\n", now: "4096\n")
        // A new folder made while the old one still exists has another inode.
        let other = "\(folder).other"
        try SystemFile.makeFolders(other)
        try SystemFile.replace("\(other)/memory.high", Array("4096\n".utf8))
        #expect(rename(folder, "\(folder).old") == 0)
        #expect(rename(other, folder) == 0)
        defer {
            try? SystemFile.removeTree(folder)
            try? SystemFile.removeTree("\(folder).old")
        }
        guard case .targetGone = executor.undo(action) else { Issue.record("touched another cgroup"); return }
        #expect(try SystemFile.readText("\(folder)/memory.high") == "4096")
        try SystemFile.removeTree(folder)
        guard case .targetGone = executor.undo(action) else { Issue.record("not seen as gone"); return }
    }

    @Test func aStoppedProcessGoesOn() throws {
        let handle = try SpawnRequest("/bin/sleep", ["60"]).start()
        defer { _ = try? handle.send(.kill) }
        try handle.send(.stop)
        while try ProcessTable().status(of: handle.identity.pid).state != "T" { MonotonicClock.pause(milliseconds: 1) }
        #expect(executor.undo(.resume(handle.identity)) == .restored)
        #expect(executor.undo(.resume(handle.identity)) == .alreadyRestored)
        #expect(executor.undo(.end(handle.identity)) == .restored)
        #expect(executor.undo(.end(handle.identity)) == .alreadyRestored)
        guard case .targetGone = executor.undo(.resume(handle.identity)) else { Issue.record("not gone"); return }
        try SystemFile.removeTree(folder)
    }

    /// A child forked while the limit was in force carries it on; the undo finds it by its parent.
    @Test func heirsOfALimitAreRestoredToo() throws {
        defer { try? SystemFile.removeTree(folder) }
        let parent = try SpawnRequest(
            "/bin/sh", ["-c", "while [ ! -e \(folder)/go ]; do sleep 0.01; done; sleep 60 & sleep 60 & wait"],
            environment: ["PATH": "/bin:/usr/bin"]
        ).start()
        defer { _ = try? parent.send(.kill) }
        let limit = ResourceLimit.openFiles
        let prior = try limit.read(parent.identity.pid)
        try limit.write(parent.identity.pid, .init(soft: 40, hard: prior.hard))
        try SystemFile.replace("\(folder)/go", [])
        var children: [Int32] = []
        while children.count < 2 {
            children = try ProcessTable().descendants(of: [parent.identity.pid]).filter {
                (try? ProcessTable().arguments(of: $0))?.last == "60"
            }
            MonotonicClock.pause(milliseconds: 5)
        }
        for child in children { #expect(try limit.read(child).soft == 40) }
        let action = UndoAction.restoreLimits(
            .init(
                resource: limit, injectedSoft: 40, entries: [.init(process: parent.identity, prior: prior)],
                cgroupFolder: nil))
        #expect(executor.undo(action) == .restored)
        for pid in [parent.identity.pid] + children { #expect(try limit.read(pid) == prior) }
        #expect(executor.undo(action) == .alreadyRestored)
        for child in children { kill(child, SIGKILL) }
    }
}
