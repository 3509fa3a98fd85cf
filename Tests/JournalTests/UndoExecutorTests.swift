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
                injected: [Array(injected.utf8)]))
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
        let action = UndoAction.restoreAttribute(
            .init(
                attribute: .limit(limit),
                entries: [.init(process: parent.identity, prior: "\(prior)", injected: "40 \(hard(prior))")],
                cgroupFolder: nil))
        #expect(executor.undo(action) == .restored)
        for pid in [parent.identity.pid] + children { #expect(try limit.read(pid) == prior) }
        #expect(executor.undo(action) == .alreadyRestored)
        for child in children { kill(child, SIGKILL) }
    }

    /// A child that is being made while its parent is restored comes to light a moment later, with the old value.
    @Test func whatForksAllTheTimeIsRestored() throws {
        let parent = try SpawnRequest(
            "/bin/sh", ["-c", "while :; do (:) & (:) & wait; done"], environment: ["PATH": "/bin:/usr/bin"]
        ).start()
        defer { _ = try? parent.send(.kill) }
        let attribute = ProcessAttribute.oomScoreAdjustment
        let action = UndoAction.restoreAttribute(
            .init(
                attribute: attribute, entries: [.init(process: parent.identity, prior: "0", injected: "321")],
                cgroupFolder: nil))
        #expect(try attribute.read(parent.identity.pid) == "0")
        for round in 0..<60 {
            try attribute.write(parent.identity.pid, "321")
            MonotonicClock.pause(milliseconds: Int32(round % 5))
            #expect(executor.undo(action) == .restored)
            MonotonicClock.pause(milliseconds: 2)
            let heirs = try ProcessTable().descendants(of: [parent.identity.pid]).filter {
                (try? attribute.read($0)) == "321"
            }
            #expect(heirs.isEmpty, "round \(round)")
        }
    }

    private func hard(_ values: ResourceLimit.Values) -> String {
        String("\(values)".split(separator: " ")[1])
    }

    /// Nice belongs to threads (setpriority(2)): each gets its own value back, one made meanwhile its maker's.
    @Test func eachThreadHasItsOwnPriorityBack() throws {
        defer { try? SystemFile.removeTree(folder) }
        let script = """
            import os, threading, time
            hold = lambda: time.sleep(60)
            threading.Thread(target=hold, daemon=True).start()
            while not os.path.exists("\(folder)/go"): time.sleep(0.01)
            threading.Thread(target=hold, daemon=True).start()
            hold()
            """
        let program = try SpawnRequest("/usr/bin/python3", ["-c", script]).start()
        defer { _ = try? program.send(.kill) }
        let table = ProcessTable()
        let pid = program.identity.pid
        while try table.threads(of: pid).count < 2 { MonotonicClock.pause(milliseconds: 5) }
        let threads = try table.threads(of: pid)
        try ProcessAttribute.nice.write(threads[1], "3")
        var entries: [UndoAction.Attribute.Entry] = []
        for thread in threads {
            let prior = try ProcessAttribute.nice.read(thread)
            entries.append(.init(process: try table.identity(of: thread), prior: prior, injected: "10"))
            try ProcessAttribute.nice.write(thread, "10")
        }
        try SystemFile.replace("\(folder)/go", [])
        while try table.threads(of: pid).count < 3 { MonotonicClock.pause(milliseconds: 5) }
        let all = try table.threads(of: pid)
        #expect(try all.map { try ProcessAttribute.nice.read($0) } == ["10", "10", "10"])
        let action = UndoAction.restoreAttribute(.init(attribute: .nice, entries: entries, cgroupFolder: nil))
        #expect(executor.undo(action) == .restored)
        #expect(try all.map { try ProcessAttribute.nice.read($0) } == ["0", "3", "0"])
        #expect(executor.undo(action) == .alreadyRestored)
    }

    /// Of one thread that is not the main one: what it made since has its maker's value back, and no other is touched.
    @Test func oneThreadsHeirsAreFound() throws {
        defer { try? SystemFile.removeTree(folder) }
        let script = """
            import os, subprocess, threading, time
            def work():
                while not os.path.exists("\(folder)/go"): time.sleep(0.01)
                threading.Thread(target=lambda: time.sleep(60), daemon=True).start()
                subprocess.Popen(["/bin/sleep", "60"])
                time.sleep(60)
            threading.Thread(target=work, daemon=True).start()
            time.sleep(60)
            """
        let program = try SpawnRequest("/usr/bin/python3", ["-c", script]).start()
        defer { _ = try? program.send(.kill) }
        let table = ProcessTable()
        let pid = program.identity.pid
        while try table.threads(of: pid).count < 2 { MonotonicClock.pause(milliseconds: 5) }
        let worker = try table.threads(of: pid)[1]
        let entries = [
            UndoAction.Attribute.Entry(process: try table.identity(of: worker), prior: "0", injected: "10")
        ]
        try ProcessAttribute.nice.write(worker, "10")
        try SystemFile.replace("\(folder)/go", [])
        while try table.threads(of: pid).count < 3 || table.descendants(of: [pid]).isEmpty {
            MonotonicClock.pause(milliseconds: 5)
        }
        let child = try #require(try table.descendants(of: [pid]).first)
        defer { kill(child, SIGKILL) }
        let all = try table.threads(of: pid) + [child]
        #expect(try all.map { try ProcessAttribute.nice.read($0) } == ["0", "10", "10", "10"])
        let action = UndoAction.restoreAttribute(.init(attribute: .nice, entries: entries, cgroupFolder: nil))
        #expect(executor.undo(action) == .restored)
        #expect(try all.map { try ProcessAttribute.nice.read($0) } == ["0", "0", "0", "0"])
        #expect(executor.undo(action) == .alreadyRestored)
    }

    /// io.max has a line for each device, and none for one without limits.
    @Test func oneLineOfManyIsRestored() throws {
        defer { try? SystemFile.removeTree(folder) }
        let other = "8:0 rbps=5 wbps=max riops=max wiops=max\n"
        let injected = "7:1 rbps=1048576 wbps=max riops=max wiops=max\n"
        try SystemFile.replace("\(folder)/io.max", Array((other + injected).utf8))
        let knob = UndoAction.Knob(
            file: "\(folder)/io.max", key: "7:1", inode: try SystemFile.inode(of: folder), prior: [],
            injected: [Array(injected.utf8)], restoring: Array("7:1 rbps=max wbps=max riops=max wiops=max".utf8))
        #expect(try knob.current() == Array(injected.utf8))
        // A plain file keeps what is written, where the kernel drops a line without limits; so the read-back differs.
        guard case .failed = executor.undo(.restoreKnob(knob)) else { Issue.record("no read-back"); return }
        #expect(try SystemFile.readText("\(folder)/io.max").hasPrefix("7:1 rbps=max"))
        try SystemFile.replace("\(folder)/io.max", Array(other.utf8))
        #expect(executor.undo(.restoreKnob(knob)) == .alreadyRestored)
        try SystemFile.replace("\(folder)/io.max", Array("7:1 rbps=77 wbps=max riops=max wiops=max\n".utf8))
        guard case .conflict = executor.undo(.restoreKnob(knob)) else { Issue.record("no conflict"); return }
    }
}
