import Glibc
import Journal
import LinuxSystem
import Testing

@Suite struct JournalReplayTests {
    @Test func undoesInReverseAndCloses() throws {
        let folder = "/tmp/brink-replay-\(getpid())-\(UInt32.random(in: .min ... .max))"
        try SystemFile.makeFolders(folder)
        defer { try? SystemFile.removeTree(folder) }
        let inode = try SystemFile.inode(of: folder)
        let path = "\(folder)/run.journal"
        let writer = try JournalWriter.create(path: path, run: "r", harness: try ProcessTable().ownIdentity())
        // The same knob twice: only the reverse order leads back to the first value.
        try SystemFile.replace("\(folder)/knob", Array("3\n".utf8))
        for (prior, injected) in [("1\n", "2\n"), ("2\n", "3\n")] {
            let knob = UndoAction.Knob(
                file: "\(folder)/knob", inode: inode, prior: Array(prior.utf8), injected: [Array(injected.utf8)])
            _ = try writer.intend([.restoreKnob(knob)], owner: "f")
        }
        _ = try writer.intend([.removeTree(path: "\(folder)/scratch")], owner: "f")
        try SystemFile.makeFolders("\(folder)/scratch/deep")
        let before = try JournalAudit().residues(of: try Journal(path: path))
        #expect(before.count == 3)
        let summary = try JournalReplay().run(try Journal(path: path))
        #expect(summary.residues.isEmpty)
        #expect(summary.steps.map(\.change.sequence) == [3, 2, 1])
        #expect(try SystemFile.readText("\(folder)/knob") == "1")
        #expect(!SystemFile.exists("\(folder)/scratch"))
        let after = try Journal(path: path)
        #expect(after.isClosed)
        #expect(after.open.isEmpty)
        #expect(try JournalAudit().residues(of: after).isEmpty)
    }

    @Test func aConflictStaysOpenIsReportedAndTriedAgain() throws {
        let folder = "/tmp/brink-replay-\(getpid())-\(UInt32.random(in: .min ... .max))"
        try SystemFile.makeFolders(folder)
        defer { try? SystemFile.removeTree(folder) }
        let path = "\(folder)/run.journal"
        let writer = try JournalWriter.create(path: path, run: "r", harness: try ProcessTable().ownIdentity())
        try SystemFile.replace("\(folder)/knob", Array("9\n".utf8))
        let knob = UndoAction.Knob(
            file: "\(folder)/knob", inode: try SystemFile.inode(of: folder), prior: Array("1\n".utf8),
            injected: [Array("2\n".utf8)])
        _ = try writer.intend([.restoreKnob(knob)], owner: "squeeze")
        let summary = try JournalReplay().run(try Journal(path: path))
        #expect(summary.residues.count == 1)
        let after = try Journal(path: path)
        #expect(!after.isClosed)
        #expect(try JournalAudit().residues(of: after).first?.description.contains("squeeze") == true)
        // Once a person has put it right, the next replay finds it so and closes.
        try SystemFile.replace("\(folder)/knob", Array("1\n".utf8))
        let again = try JournalReplay().run(try Journal(path: path))
        #expect(again.steps.map(\.outcome) == [.alreadyRestored])
        #expect(try Journal(path: path).isClosed)
    }

    @Test func theServerComesLastAndAnotherBootVoidsTheRest() throws {
        let folder = "/tmp/brink-replay-\(getpid())-\(UInt32.random(in: .min ... .max))"
        try SystemFile.makeFolders(folder)
        defer { try? SystemFile.removeTree(folder) }
        let path = "\(folder)/run.journal"
        let dead = ProcessIdentity(pid: 1, startTime: 1, bootID: "another boot")
        let writer = try JournalWriter.create(path: path, run: "r", harness: dead)
        try SystemFile.makeFolders("\(folder)/scratch")
        let server = UndoAction.ServerStart(
            executable: "/bin/false", arguments: [], environment: [], directory: folder, pidFile: "\(folder)/pid",
            user: 0, group: 0, cgroupFolder: nil, output: nil)
        _ = try writer.intend(
            [.removeTree(path: "\(folder)/scratch"), .removeCgroup(folder: "\(folder)/cgroup"), .startServer(server)],
            owner: "f")
        #expect(try Journal(path: path).open.map(\.sequence) == [2, 1, 3])
        let summary = try JournalReplay().run(try Journal(path: path))
        #expect(summary.residues.isEmpty)
        #expect(summary.steps.map(\.outcome.isResidue) == [false, false, false])
        #expect(!SystemFile.exists("\(folder)/scratch"))
    }
}
