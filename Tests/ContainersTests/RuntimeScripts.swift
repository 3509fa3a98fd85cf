import Glibc
import LinuxSystem

@testable import Containers

/// A folder with programs that answer as a runtime's tool does, from what a real one printed; for runtimes that need a
/// daemon. Real crun and podman are met in the privileged tests. Removed with the value.
final class RuntimeScripts {
    let folder: String

    init() throws {
        folder = "/tmp/brink-runtimes-\(getpid())-\(UInt32.random(in: .min ... .max))"
        try SystemFile.makeFolders(folder)
    }

    deinit {
        try? SystemFile.removeTree(folder)
    }

    var finder: ContainerFinder { ContainerFinder(folders: [folder], root: folder) }

    /// Makes a tool.
    /// - Parameter answers: the standard output for each first argument; any other call fails.
    func add(_ tool: String, _ answers: [String: String]) throws {
        var text = "#!/bin/sh\necho \"$@\" >>\(folder)/\(tool).calls\ncase $1 in\n"
        for (argument, answer) in answers {
            try SystemFile.replace("\(folder)/\(tool).\(argument)", Array(answer.utf8))
            text += "\(argument)) exec cat \(folder)/\(tool).\(argument) ;;\n"
        }
        text += "esac\necho \"\(tool): no answer to $1\" >&2\nexit 3\n"
        try SystemFile.replace("\(folder)/\(tool)", Array(text.utf8), mode: 0o755)
    }

    /// Makes what looks like a daemon's socket.
    func listen(_ path: String) throws {
        try SystemFile.makeFolders(SystemFile.parent(of: "\(folder)\(path)"))
        try SystemFile.replace("\(folder)\(path)", [])
    }

    /// The arguments of every call so far.
    func calls(_ tool: String) throws -> [String] {
        String(decoding: try SystemFile.read("\(folder)/\(tool).calls"), as: UTF8.self).split(separator: "\n")
            .map(String.init)
    }
}
