import LinuxSystem

/// A stopped cluster that scratch clusters are copied from: initdb takes seconds, a copy a fraction of one.
///
/// Copies have the template's system identifier. They stay apart by data directory and postmaster, which are looked at
/// as well before anything is done to a server.
public struct ClusterTemplate: Sendable {
    /// The folder with all templates, of Brink's own.
    private let folder: String
    private let name: String
    /// Changes with what the template was made by.
    private let fingerprint: String

    /// - Parameters:
    ///   - folder: where templates lie; made when something is kept.
    ///   - name: what is in it, as `shop`.
    ///   - makers: the programs it is made by: of another size or age, they would make another.
    public init(in folder: String, name: String, makers: [String]) throws(SystemError) {
        self.folder = folder
        self.name = name
        var parts: [String] = []
        for maker in makers {
            let (size, modified) = try SystemFile.version(of: maker)
            parts.append("\(String(size, radix: 36)).\(String(modified, radix: 36))")
        }
        fingerprint = parts.joined(separator: "-")
    }

    private var path: String { "\(folder)/\(name)-\(fingerprint)" }

    /// Copies the template to a data directory that does not exist yet.
    /// - Returns: false when there is no template yet.
    func copy(to dataDirectory: String) throws(SystemError) -> Bool {
        guard SystemFile.exists(path) else { return false }
        try Self.copy(path, to: dataDirectory)
        return true
    }

    /// Keeps a copy of a stopped cluster as the template, unless there is one. Older ones of the name are removed.
    func keep(_ dataDirectory: String) throws(SystemError) {
        try SystemFile.makeFolders(folder, mode: 0o700)
        let lock = try FileLock(path: "\(folder)/lock", waitingMilliseconds: 60_000)
        if !SystemFile.exists(path) {
            for entry in try SystemFile.entries(of: folder) where entry.hasPrefix("\(name)-") {
                try SystemFile.removeTree("\(folder)/\(entry)")
            }
            // Whole or not at all: a copy that was broken off has another name, and goes with the next.
            let partial = "\(folder)/\(name)-partial"
            try Self.copy(dataDirectory, to: partial)
            try SystemFile.rename(partial, to: path)
        }
        try lock.unlock()
    }

    /// With owners and modes; blocks are shared where the file system can.
    static func copy(_ source: String, to destination: String) throws(SystemError) {
        let call = ToolCall(
            "/bin/cp", ["--archive", "--reflink=auto", "--no-target-directory", source, destination],
            timeLimit: .seconds(120))
        let result = try call.run()
        guard case .exited(0) = result.end else {
            throw SystemError(
                "copy a cluster with \(call.words)", on: destination, .ioError,
                advice: String(decoding: result.errors.prefix(500), as: UTF8.self))
        }
    }
}
