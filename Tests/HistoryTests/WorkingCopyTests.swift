import Foundation
import LinuxSystem
import Testing

@testable import History

@Suite struct WorkingCopyTests {
    private let state: StateFixture
    private var folder: String { state.folder }
    private let commit = "3cb2798aa1f0c9d1b5f4e3d2c1b0a99887766554"
    private let other = "1111111111111111111111111111111111111111"

    init() throws { state = try StateFixture() }

    private func write(_ text: String, _ path: String) throws {
        try SystemFile.makeFolders(SystemFile.parent(of: path), mode: 0o755)
        try SystemFile.replace(path, Array(text.utf8), mode: 0o644)
    }

    @Test func aBranchsCommitIsFoundFromAFolderBelow() throws {
        try write("ref: refs/heads/feature/x\n", "\(folder)/.git/HEAD")
        try write("\(commit)\n", "\(folder)/.git/refs/heads/feature/x")
        try write("# pack-refs with: peeled\n\(other) refs/heads/feature/x\n", "\(folder)/.git/packed-refs")
        try SystemFile.makeFolders("\(folder)/Sources/deep", mode: 0o755)
        let copy = try #require(WorkingCopy(around: "\(folder)/Sources/deep"))
        #expect(copy.commit == commit && copy.branch == "feature/x")
    }

    @Test func aPackedBranchAndADetachedHead() throws {
        try write("ref: refs/heads/main\n", "\(folder)/.git/HEAD")
        try write(
            "# pack-refs with: peeled\n\(other) refs/heads/domain\n\(commit) refs/heads/main\n^\(other)\n",
            "\(folder)/.git/packed-refs")
        #expect(WorkingCopy(around: folder)?.commit == commit)
        try write("\(other)\n", "\(folder)/.git/HEAD")
        let detached = try #require(WorkingCopy(around: folder))
        #expect(detached.commit == other && detached.branch == nil)
    }

    @Test func aLinkedWorkingCopyHasItsOwnHead() throws {
        try write("\(other)\n", "\(folder)/main/.git/HEAD")
        try write("\(commit)\n", "\(folder)/main/.git/refs/heads/side")
        try write("ref: refs/heads/side\n", "\(folder)/main/.git/worktrees/side/HEAD")
        try write("../..\n", "\(folder)/main/.git/worktrees/side/commondir")
        try write("gitdir: ../main/.git/worktrees/side\n", "\(folder)/side/.git")
        let copy = try #require(WorkingCopy(around: "\(folder)/side"))
        #expect(copy.commit == commit && copy.branch == "side")
    }

    /// What a real git makes of it.
    @Test func agreesWithGit() throws {
        func git(_ arguments: String...) throws -> String {
            let result = try ToolCall("/usr/bin/git", ["-C", folder] + arguments, environment: ["HOME": folder]).run()
            try #require(result.end == .exited(0), "\(String(decoding: result.errors, as: UTF8.self))")
            return String(decoding: result.output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        }
        _ = try git("init", "--quiet", "--initial-branch", "trunk")
        #expect(WorkingCopy(around: folder) == nil, "there is no commit yet")
        _ = try git(
            "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--allow-empty", "--message", "one")
        let copy = try #require(WorkingCopy(around: folder))
        #expect(copy.branch == "trunk")
        #expect(try copy.commit == git("rev-parse", "HEAD"))
        _ = try git("pack-refs", "--all")
        #expect(WorkingCopy(around: folder) == copy)
    }

    @Test(arguments: ["ref: refs/heads/../../../secret", "ref: /etc/passwd", "nonsense", "", "ref: refs/heads/absent"])
    func whatIsNoCommitIsNone(_ head: String) throws {
        try write(head + "\n", "\(folder)/.git/HEAD")
        try write("\(commit)\n", "\(folder)/secret")
        #expect(WorkingCopy(around: folder) == nil)
    }
}
