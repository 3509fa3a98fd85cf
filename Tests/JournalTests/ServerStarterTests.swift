import Glibc
import LinuxSystem
import Testing

@testable import Journal

@Suite struct ServerStarterTests {
    private let folder = "/tmp/brink-starter-\(getpid())-\(UInt32.random(in: .min ... .max))"

    private var server: UndoAction.ServerStart {
        UndoAction.ServerStart(
            executable: "/nowhere/postgres", arguments: [], environment: [], directory: folder,
            pidFile: "\(folder)/postmaster.pid", user: 0, group: 0, groups: [], oomScoreAdjustment: 0,
            cgroupFolder: nil, output: nil)
    }

    /// A server that shuts down removes its pid file whenever it likes, also in the middle of a look at it.
    @Test func aPidFileCanVanishAtAnyMoment() async throws {
        try SystemFile.makeFolders(folder)
        defer { try? SystemFile.removeTree(folder) }
        let file = server.pidFile
        let server = server
        let coming = Task.detached {
            for _ in 0..<2000 {
                try SystemFile.replace(file, Array("1\n".utf8))
                unlink(file)
            }
        }
        let looking = Task.detached {
            while !Task.isCancelled { _ = try ServerStarter().runningServer(server) }
        }
        try await coming.value
        looking.cancel()
        try await looking.value
    }
}
