import Glibc
import LinuxSystem
import Testing

@Suite struct SystemFileTests {
    @Test func replacesAllAtOnceAndRemovesTrees() throws {
        let folder = "/tmp/brink-test-\(getpid())-\(UInt32.random(in: .min ... .max))"
        try SystemFile.makeFolders("\(folder)/a/b")
        defer { try? SystemFile.removeTree(folder) }
        try SystemFile.replace("\(folder)/a/file", Array("one\n".utf8))
        try SystemFile.replace("\(folder)/a/file", Array("two\n".utf8))
        #expect(try SystemFile.readText("\(folder)/a/file") == "two")
        #expect(try SystemFile.entries(of: "\(folder)/a") == ["b", "file"])
        #expect(symlink("/etc/passwd", "\(folder)/a/b/link") == 0)
        try SystemFile.removeTree(folder)
        #expect(!SystemFile.exists(folder))
        #expect(SystemFile.exists("/etc/passwd"))
        try SystemFile.removeTree(folder)
    }

    @Test func errorsSayWhatToDo() {
        let error = #expect(throws: SystemError.self) { _ = try SystemFile.read("/does/not/exist") }
        #expect(error?.description == "open on /does/not/exist: No such file or directory (errno 2)")
    }

    @Test func oneHolderOfALock() throws {
        let path = "/tmp/brink-lock-\(getpid())-\(UInt32.random(in: .min ... .max))"
        defer { try? SystemFile.removeTree(path) }
        let first = try FileLock(path: path)
        let error = #expect(throws: SystemError.self) { _ = try FileLock(path: path, waitingMilliseconds: 30) }
        #expect(error?.errno == .wouldBlock)
        try first.unlock()
        try FileLock(path: path).unlock()
    }

    @Test(arguments: [("KILL", 9), ("SIGTERM", 15), ("stop", 19), ("sigcont", 18)])
    func signalNames(_ name: String, _ number: Int32) {
        #expect(Signal(name: name)?.rawValue == number)
        #expect(Signal(name: "NOPE") == nil)
    }
}
