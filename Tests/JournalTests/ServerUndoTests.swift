import Glibc
import LinuxSystem
import Testing

@testable import Journal

/// Configuration files of servers, and containers, as they are put back: only where Brink's own doing is still seen.
@Suite struct ServerUndoTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = "/tmp/brink-undo-\(UInt32.random(in: 0 ... .max))"
        try SystemFile.makeNewFolder(folder, mode: 0o700)
        defer { #expect(throws: Never.self) { try SystemFile.removeTree(folder) } }
        try body(folder)
    }

    private func file(in folder: String) -> ServerFile {
        ServerFile(
            path: "\(folder)/auto.conf", prior: Array("a = '1'\n".utf8), injected: Array("a = '1'\nb = '2'\n".utf8),
            user: getuid(), group: getgid(), mode: 0o640,
            server: UndoAction.ServerStart(
                executable: "/nowhere/postgres", arguments: [], environment: [], directory: folder,
                pidFile: "\(folder)/postmaster.pid", user: getuid(), group: getgid(), cgroupFolder: nil, output: nil),
            needsRestart: false)
    }

    @Test func theBytesOfAServersFileComeBack() throws {
        try withFolder { folder in
            let file = file(in: folder)
            try file.write(file.injected)
            #expect(try file.residue(isOpen: true) != nil)
            #expect(UndoExecutor().undo(.restoreServerFile(file)) == .restored)
            #expect(try SystemFile.read(file.path) == file.prior)
            #expect(try SystemFile.mode(of: file.path) == 0o640)
            #expect(try file.residue(isOpen: true) == nil)
            #expect(UndoExecutor().undo(.restoreServerFile(file)) == .alreadyRestored)
        }
    }

    @Test func whatSomebodyElseWroteIsLeft() throws {
        try withFolder { folder in
            let file = file(in: folder)
            try file.write(Array("c = '3'\n".utf8))
            guard case .conflict = UndoExecutor().undo(.restoreServerFile(file)) else {
                Issue.record("no conflict")
                return
            }
            #expect(try SystemFile.read(file.path) == Array("c = '3'\n".utf8))
        }
    }

    @Test func aFileThatIsGoneIsNoResidue() throws {
        try withFolder { folder in
            let file = file(in: folder)
            guard case .targetGone = UndoExecutor().undo(.restoreServerFile(file)) else {
                Issue.record("not gone")
                return
            }
            let left = try file.residue(isOpen: true)
            #expect(left == nil)
        }
    }

    /// A stand-in for `podman`, which keeps a container's state in a file and writes down how it was called.
    private func runtime(in folder: String, state: String) throws -> ContainerStart {
        let script = """
            #!/bin/sh
            echo "$@" >> "\(folder)/calls"
            [ -e "\(folder)/state" ] || exit 125
            case $1 in
            inspect) cat "\(folder)/state" ;;
            start) echo true > "\(folder)/state" ;;
            esac

            """
        try SystemFile.replace("\(folder)/tool", Array(script.utf8), mode: 0o755)
        if !state.isEmpty { try SystemFile.replace("\(folder)/state", Array("\(state)\n".utf8)) }
        return ContainerStart(tool: "\(folder)/tool", id: "3f2a", environment: ["PATH=/usr/bin:/bin"])
    }

    @Test(arguments: [("false", true), ("true", false)])
    func aContainerIsStartedUnlessItRuns(_ state: String, _ isStarted: Bool) throws {
        try withFolder { folder in
            let container = try runtime(in: folder, state: state)
            #expect(UndoExecutor().undo(.startContainer(container)) == (isStarted ? .restored : .alreadyRestored))
            let calls = try SystemFile.readText("\(folder)/calls")
            #expect(calls.contains("start 3f2a") == isStarted, "\(calls)")
            #expect(try container.residue(isOpen: true) == nil)
        }
    }

    @Test func aContainerThatIsGoneIsNoResidue() throws {
        try withFolder { folder in
            let container = try runtime(in: folder, state: "")
            guard case .targetGone = UndoExecutor().undo(.startContainer(container)) else {
                Issue.record("not gone")
                return
            }
        }
    }
}
